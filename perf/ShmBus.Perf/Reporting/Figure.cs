using System.Globalization;

namespace ShmBus.Perf.Reporting;

/// <summary>Numbers for people, with three digits that count.</summary>
internal static class Figure
{
    public static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => $"{Digits(nanoseconds)} ns",
        < 1e6 => $"{Digits(nanoseconds / 1e3)} µs",
        < 1e9 => $"{Digits(nanoseconds / 1e6)} ms",
        _ => $"{Digits(nanoseconds / 1e9)} s",
    };

    public static string Rate(double perSecond) => $"{Prefixed(perSecond)}/s";

    public static string ByteRate(double perSecond) => $"{Prefixed(perSecond)}B/s";

    public static string Ratio(double ratio) => $"{Digits(ratio)}×";

    public static string Count(double count) => Prefixed(count).TrimEnd();

    public static string Bytes(double bytes) => Math.Abs(bytes) switch
    {
        < 1 << 10 => $"{Digits(bytes)} B",
        < 1 << 20 => $"{Digits(bytes / (1 << 10))} KiB",
        < 1 << 30 => $"{Digits(bytes / (1 << 20))} MiB",
        _ => $"{Digits(bytes / (1 << 30))} GiB",
    };

    private static string Prefixed(double value) => Math.Abs(value) switch
    {
        < 1e3 => $"{Digits(value)} ",
        < 1e6 => $"{Digits(value / 1e3)} k",
        < 1e9 => $"{Digits(value / 1e6)} M",
        _ => $"{Digits(value / 1e9)} G",
    };

    private static string Digits(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 0.01 => value.ToString("0.####", CultureInfo.InvariantCulture),
        < 9.995 => value.ToString("0.00", CultureInfo.InvariantCulture),
        < 99.95 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
