// Prints orders until the publisher says that it was the last. Waits for them without a thread.
//
//     OrderSubscriber TOPIC-FILE

using System.Globalization;
using Shop;
using ShmBus;

using Topic topic = Topic.OpenOrCreate(args[0]);

// Refused (ContractMismatchException) where the publisher's Order is one that this program cannot read.
using Subscriber<Order> subscriber = topic.CreateSubscriber(Order.MessagePack);

await foreach (Order order in subscriber.ReadAllAsync())
{
    if (order.Lines.Count == 0)
    {
        break;
    }
    string lines = string.Join(", ", order.Lines.Select(line => $"{line.Quantity} {line.Product}"));
    decimal total = order.Lines.Sum(line => line.Quantity * line.Price);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{order.Customer}: {lines}; {total:0.00} in all"));
}
subscriber.Raw.Complete(); // The last message is done with, too.
