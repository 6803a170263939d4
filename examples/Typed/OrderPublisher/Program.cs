// Publishes three orders, and then says that it was the last.
//
//     OrderPublisher TOPIC-FILE

using Shop;
using ShmBus;

using Topic topic = Topic.OpenOrCreate(args[0]);
using Publisher<Order> publisher = topic.CreatePublisher(Order.MessagePack); // The generator made it, from the attributes.

publisher.Publish(new Order("Ada", [new Line("analytical engine", 1, 17_000m)]));
publisher.Publish(new Order("Grace", [new Line("tweezers", 2, 1.60m), new Line("moths", 12, 0.05m)]));
publisher.Publish(new Order("Linus", [new Line("penguins", 2, 250m), new Line("herrings", 40, 0.75m)]));
publisher.Publish(new Order("", [])); // An order of nothing: that was all.
