using System.Globalization;

namespace ShmBus.Tool.Looking;

/// <summary>Numbers as people read them, without blanks in them: columns stay columns.</summary>
internal static class Humans
{
    private const string Units = "KMGTPE";

    /// <summary>Bytes: 512, 4K, 1.5M; units of 1024.</summary>
    internal static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        return unit < 0 ? bytes.ToString(CultureInfo.InvariantCulture) : Short(value) + Units[unit];
    }

    /// <summary>A count, or a count a second: 512, 4k, 1.5M; units of 1000.</summary>
    internal static string Count(double count)
    {
        int unit = -1;
        while (count >= 1000 && unit < Units.Length - 1)
        {
            count /= 1000;
            unit++;
        }
        return Short(count) + (unit < 0 ? "" : unit == 0 ? "k" : Units[unit].ToString());
    }

    /// <summary>A span of time by its two greatest parts: 250ms, 12s, 3m20s, 5h2m, 8d4h.</summary>
    internal static string Span(TimeSpan span) =>
        span < TimeSpan.Zero ? "0s"
        : span.TotalSeconds < 1 ? Text($"{span.Milliseconds}ms")
        : span.TotalMinutes < 1 ? Text($"{span.Seconds}s")
        : span.TotalHours < 1 ? Text($"{span.Minutes}m{span.Seconds}s")
        : span.TotalDays < 1 ? Text($"{span.Hours}h{span.Minutes}m")
        : Text($"{(int)span.TotalDays}d{span.Hours}h");

    private static string Short(double value) => value.ToString(value < 10 && value != Math.Truncate(value) ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
