using ShmBus.MessagePack;

namespace Shop;

/// <summary>The Order of the example as another program may have it: with a number for the customer.</summary>
[MessagePackObject]
internal sealed record ChangedOrder([property: Key(0)] int Customer, [property: Key(1)] List<Line> Lines);

/// <summary>And as a newer one may: with one member more.</summary>
[MessagePackObject]
internal sealed record GrownOrder([property: Key(0)] string Customer, [property: Key(1)] List<Line> Lines, [property: Key(2)] DateOnly? Due = null);
