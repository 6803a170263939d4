// What goes over the topic. Both hosts compile this file.

using ShmBus.MessagePack;

namespace Shop;

/// <param name="Producer">The process that it comes from.</param>
/// <param name="Number">Which one of that process, from 1.</param>
/// <param name="Customer">Who orders.</param>
/// <param name="Total">For how much.</param>
[MessagePackObject]
public sealed record Order([property: Key(0)] int Producer, [property: Key(1)] int Number, [property: Key(2)] string Customer, [property: Key(3)] decimal Total);
