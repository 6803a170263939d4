using System.Text;
using ShmBus;

using Topic topic = Topic.OpenOrCreate(args[0]);
using Subscriber subscriber = topic.CreateSubscriber();

while (true)
{
    Message message = subscriber.Read(); // Waits; the bytes stay in the ring.
    if (message.Payload.IsEmpty)
    {
        break;
    }
    Console.WriteLine(Encoding.UTF8.GetString(message.Payload));
}
subscriber.Complete(); // The last message is done with, too.
