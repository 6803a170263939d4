// Publishes 10,000 prices, ten in each millisecond, whoever listens, and then says that it was the last.
//
//     PricePublisher BUS-DIRECTORY

using ShmBus;

using Bus bus = Bus.Open(args[0]);
using Topic topic = bus.OpenOrCreateTopic(
    "prices", new TopicOptions { Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite, Capacity = 1 << 16 });
using Publisher publisher = topic.CreatePublisher();

const int prices = 10_000;
for (int number = 1; number <= prices; number++)
{
    publisher.Publish(BitConverter.GetBytes(number)); // Waits for nobody.
    if (number % 10 == 0)
    {
        Thread.Sleep(1);
    }
}
publisher.Publish([]); // An empty message: that was all.
Console.WriteLine($"published {prices}");
