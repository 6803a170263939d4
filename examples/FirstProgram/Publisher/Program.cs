using System.Text;
using ShmBus;

using Topic topic = Topic.OpenOrCreate(args[0]);
using Publisher publisher = topic.CreatePublisher();

for (int i = 1; i <= 3; i++)
{
    publisher.Publish(Encoding.UTF8.GetBytes($"message {i}"));
}
publisher.Publish([]); // An empty message: that was all.
