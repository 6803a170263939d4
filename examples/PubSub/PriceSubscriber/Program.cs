// Gets prices until the publisher says that it was the last, and sleeps for a while after each.
//
//     PriceSubscriber BUS-DIRECTORY NAME [MILLISECONDS]

using ShmBus;

const int priceLength = 32; // Its 4 bytes and a header of 16, in steps of 16.

string name = args[1];
int pause = args.Length > 2 ? int.Parse(args[2]) : 0;

using Bus bus = Bus.Open(args[0]);
using Topic topic = bus.OpenOrCreateTopic(
    "prices", new TopicOptions { Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite, Capacity = 1 << 16 });

// Begins with the oldest price that is there; the next time, where it was when it ended.
using Subscriber subscriber = topic.CreateSubscriber(joinAt: JoinAt.Oldest, place: name);

int received = 0;
int last = 0;
while (true)
{
    Message price = subscriber.Read();
    if (price.Payload.IsEmpty)
    {
        break;
    }
    received++;
    last = BitConverter.ToInt32(price.Payload);
    Thread.Sleep(pause);
}
subscriber.Complete(); // The last message is done with, too: the next time begins after it.

long missed = subscriber.MissedBytes / priceLength;
Console.WriteLine($"{name}: received {received}, missed {missed} ({subscriber.MissedBytes} bytes), the last was number {last}");
