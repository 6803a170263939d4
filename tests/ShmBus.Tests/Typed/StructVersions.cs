// The same struct in several versions, each in a namespace of its own: the processes that meet are compiled at different times.

namespace ShmBus.Tests.Typed.Structs.First
{
    internal enum Side : byte { Buy, Sell }

    internal record struct Line(int Count, Side Side);

    internal record struct Trade(long Id, double Price, double Limit, Line Line);
}

namespace ShmBus.Tests.Typed.Structs.Same
{
    public enum Side : byte { Buy, Sell }

    public struct Line
    {
        public int Count { get; set; }
        public Side Side;
    }

    public struct Trade
    {
        public long Id;
        public double Price, Limit;
        public Line Line;
    }
}

namespace ShmBus.Tests.Typed.Structs.Swapped
{
    internal record struct Trade(long Id, double Limit, double Price, First.Line Line);
}

namespace ShmBus.Tests.Typed.Structs.Renamed
{
    internal record struct Trade(long Id, double Price, double LeastPrice, First.Line Line);
}

namespace ShmBus.Tests.Typed.Structs.Nested
{
    internal enum Side : byte { Buy, Sell }

    internal record struct Line(uint Count, Side Side);

    internal record struct Trade(long Id, double Price, double Limit, Line Line);
}

namespace ShmBus.Tests.Typed.Structs.Enumerated
{
    internal enum Side : sbyte { Buy, Sell }

    internal record struct Line(int Count, Side Side);

    internal record struct Trade(long Id, double Price, double Limit, Line Line);
}

// Serializers of these are made for a type parameter only, which tells their size alone.
namespace ShmBus.Tests.Typed.Structs.Unseen
{
    internal record struct Trade(long Id, double Price, double Limit, First.Line Line);

    internal record struct Shorter(long Id, double Price, First.Line Line);
}
