// What goes over the topic. Both programs compile this file; two that each have their own copy of it understand each other just as well.

using ShmBus.MessagePack;

namespace Shop;

[MessagePackObject]
public sealed record Order([property: Key(0)] string Customer, [property: Key(1)] List<Line> Lines);

[MessagePackObject]
public readonly record struct Line([property: Key(0)] string Product, [property: Key(1)] int Quantity, [property: Key(2)] decimal Price);
