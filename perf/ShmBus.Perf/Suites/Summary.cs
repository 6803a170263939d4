using System.Globalization;
using ShmBus.Perf.Measuring;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>The tables for people: medians over the rounds, and how far each is from the floor of the same run.</summary>
internal static class Summary
{
    private const string Floor = "floor";
    private const string FloorFutex = "floor-futex";
    private const string FloorStream = "floor-stream";
    private const string FloorCas = "floor-cas";

    public static void Write(IReadOnlyList<LatencyRow> rows, TextWriter output)
    {
        var table = new TextTable("round trip, median of rounds", "wait", "size", "p50 ns", "p99 ns", "p99.9 ns", $"p50 / {Floor}", $"p50 / {FloorFutex}");
        foreach (var bySize in rows.GroupBy(row => row.Size))
        {
            foreach (var group in bySize.GroupBy(row => (row.Transport, row.Wait)))
            {
                double p50 = Median(group, row => row.P50);
                table.Add(
                    group.Key.Transport, group.Key.Wait, Number(bySize.Key),
                    Number(p50), Number(Median(group, row => row.P99)), Number(Median(group, row => row.P999)),
                    Ratio(p50, bySize.Where(row => row.Transport == Floor), row => row.P50),
                    Ratio(p50, bySize.Where(row => row.Transport == FloorFutex), row => row.P50));
            }
        }

        table.WriteTo(output);
        output.WriteLine($"Each round trip includes one reading of the clock: {ClockCost.Nanoseconds():0} ns.");
    }

    public static void Write(IReadOnlyList<ThroughputRow> rows, TextWriter output)
    {
        var table = new TextTable("one way, median of rounds", "wait", "size", "producers", "messages/s", "MB/s", $"rate / {FloorStream}", $"rate / {FloorCas}", "rate / 1 producer");
        foreach (var bySize in rows.GroupBy(row => row.Size))
        {
            foreach (var group in bySize.GroupBy(row => (row.Transport, row.Wait, row.Producers)))
            {
                double rate = Median(group, row => row.MessagesPerSecond);
                table.Add(
                    group.Key.Transport, group.Key.Wait, Number(bySize.Key), Number(group.Key.Producers),
                    Number(rate), Number(Median(group, row => row.BytesPerSecond) / 1e6),
                    RatioTo(FloorStream, group.Key.Producers), RatioTo(FloorCas, group.Key.Producers), RatioTo(group.Key.Transport, 1));

                string RatioTo(string transport, int producers) => Ratio(
                    rate, bySize.Where(row => row.Transport == transport && row.Producers == producers), row => row.MessagesPerSecond);
            }
        }

        table.WriteTo(output);
    }

    public static void WriteNotes<TTransport>(Plan<TTransport> plan, TextWriter output)
        where TTransport : ITransport
    {
        foreach (string note in plan.Transports.Select(transport => transport.Note).OfType<string>().Concat(plan.LeftOut))
            output.WriteLine(note);
    }

    private static double Median<TRow>(IEnumerable<TRow> rows, Func<TRow, double> value)
    {
        double[] sorted = [.. rows.Select(value).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Ratio<TRow>(double value, IEnumerable<TRow> floor, Func<TRow, double> floorValue) =>
        floor.Any() ? (value / Median(floor, floorValue)).ToString("0.00", CultureInfo.InvariantCulture) : "-";

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
