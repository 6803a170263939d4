using ShmBus.Perf.Rounds;

namespace ShmBus.Perf.Reporting;

/// <summary>What people use today, each against ShmBus in the same run and at the same size, with ShmBus in its default way of waiting.</summary>
internal static class Rivals
{
    public const string Own = "shmbus";
    private const string OwnBatch = "shmbus-batch";

    /// <summary>The run of a suite that the comparison is taken from: that with most transports beside ShmBus.</summary>
    public static IReadOnlyList<Measurement> RunOf(Results results, string suite) => results.Runs(suite)
        .Select(run => run.Where(IsPlain).ToList())
        .Where(run => run.Exists(measurement => measurement.Transport == Own && measurement.Wait == "adaptive"))
        .MaxBy(run => run.Count) ?? [];

    public static bool IsFloor(string transport) => transport.StartsWith("floor", StringComparison.Ordinal);

    public static bool IsOwn(string transport) => transport == Own || transport.StartsWith(Own + "-", StringComparison.Ordinal);

    /// <summary>Every transport at every size: what is missing in one suite may be there in the other.</summary>
    public static List<RivalRow> Rows(Results results)
    {
        IReadOnlyList<Measurement> latency = RunOf(results, SuiteName.Latency);
        IReadOnlyList<Measurement> throughput = RunOf(results, SuiteName.Throughput);
        return
            [.. from size in latency.Concat(throughput).Select(measurement => measurement.Size).Distinct().Order()
                from transport in latency.Concat(throughput).Select(measurement => measurement.Transport).Distinct()
                let row = new RivalRow(transport, size, Find(latency, transport, size), Find(throughput, transport, size),
                    Find(latency, Own, size), Find(throughput, transport.EndsWith("-batched", StringComparison.Ordinal) ? OwnBatch : Own, size))
                where row.Latency is not null || row.Throughput is not null
                select row];
    }

    private static bool IsPlain(Measurement measurement) =>
        measurement is { Producers: 1, Subscribers: 1 } && measurement.Whole("gap_ms", 0) == 0;

    private static Measurement? Find(IEnumerable<Measurement> run, string transport, int size) =>
        run.FirstOrDefault(measurement => measurement.Transport == transport && measurement.Size == size);
}

/// <summary>One transport at one size, beside ShmBus; what holds messages back is beside the batches of ShmBus.</summary>
internal sealed record RivalRow(string Transport, int Size, Measurement? Latency, Measurement? Throughput, Measurement? OwnLatency, Measurement? OwnThroughput)
{
    public bool IsRival => !Rivals.IsFloor(Transport) && !Rivals.IsOwn(Transport);

    public double? RoundTrip => Latency?.Median("p50_ns");

    public double? RoundTripTail => Latency?.Median("p99_ns");

    public double? RoundTripCpu => Latency?.Median("cpu_ns");

    public double? Rate => Throughput?.Median("messages_per_s");

    public double? MessageCpu => Throughput?.Median("cpu_ns");

    /// <summary>In what another is ahead of ShmBus by more than the noise of both, or that ShmBus is ahead, or that nothing can be said.</summary>
    public string Ahead
    {
        get
        {
            if (!IsRival)
                return "";
            (string Name, Lead? Lead)[] leads =
            [
                ("round trip", Compare(OwnLatency, Latency, "p50_ns", isMoreBetter: false)),
                ("CPU of a round trip", Compare(OwnLatency, Latency, "cpu_ns", isMoreBetter: false)),
                ("throughput", Compare(OwnThroughput, Throughput, "messages_per_s", isMoreBetter: true)),
                ("CPU of a message", Compare(OwnThroughput, Throughput, "cpu_ns", isMoreBetter: false)),
            ];
            if (leads.All(lead => lead.Lead is null))
                return "-";
            string[] behind = [.. leads.Where(lead => lead.Lead == Lead.Behind).Select(lead => $"{Transport}: {lead.Name}")];
            string[] even = [.. leads.Where(lead => lead.Lead == Lead.Even).Select(lead => $"even: {lead.Name}")];
            return behind.Length + even.Length == 0 ? "ShmBus" : string.Join("; ", [.. behind, .. even]);
        }
    }

    internal enum Lead
    {
        Ahead,
        Even,
        Behind,
    }

    /// <summary>Where ShmBus stands: even where the medians differ by no more than the spreads of both together.</summary>
    private static Lead? Compare(Measurement? own, Measurement? other, string field, bool isMoreBetter)
    {
        if (own?.Median(field) is not { } ours || other?.Median(field) is not { } theirs)
            return null;
        return Math.Abs(ours - theirs) <= own.Spread(field) + other.Spread(field) ? Lead.Even
            : ours > theirs == isMoreBetter ? Lead.Ahead
            : Lead.Behind;
    }
}
