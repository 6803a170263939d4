namespace ShmBus.MessagePack;

/// <summary>The extension that is a point in time: seconds since 1970 and nanoseconds since then, in three lengths.</summary>
internal static class Timestamp
{
    internal const sbyte TypeCode = -1;

    /// <summary>Seconds alone.</summary>
    internal const int Length32 = 4;

    /// <summary>Nanoseconds above <see cref="SecondsBits"/> bits of seconds.</summary>
    internal const int Length64 = 8;

    /// <summary>Nanoseconds, then seconds with a sign.</summary>
    internal const int Length96 = 12;

    internal const int SecondsBits = 34;
    internal const uint MaxNanoseconds = 999_999_999;

    /// <summary>From the beginning of year 1, where ticks begin, to 1970.</summary>
    internal const long SecondsBefore1970 = 62_135_596_800;
}
