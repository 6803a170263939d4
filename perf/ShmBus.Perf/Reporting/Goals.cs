using ShmBus.Perf.Rounds;

namespace ShmBus.Perf.Reporting;

/// <summary>How near to what the machine can do ShmBus wants to be, and how near it is.</summary>
internal sealed record Goal(string Name, bool IsAtMost, double Limit, double Measured)
{
    private const int Mebibyte = 1 << 20;

    private static readonly Aim[] s_aims =
    [
        new("spinning: round trip p50 / floor", SuiteName.Latency, "shmbus", "floor", "p50_ns", true, 1.3, Wait: "spin"),
        new("spinning: round trip p99 / floor", SuiteName.Latency, "shmbus", "floor", "p99_ns", true, 2, Wait: "spin"),
        new("throughput of one producer / floor-stream", SuiteName.Throughput, "shmbus", "floor-stream", "messages_per_s", false, 0.85),
        new("throughput on a topic for many producers / floor-cas", SuiteName.Throughput, "shmbus-many", "floor-cas", "messages_per_s", false, 0.85),
        new("throughput of batches / single messages", SuiteName.Throughput, "shmbus-batch", "shmbus", "messages_per_s", false, 1.5),
        new("throughput, read in full / floor-stream", SuiteName.Throughput, "shmbus", "floor-stream", "messages_per_s", false, 0.9, Size: Mebibyte),
        new("woken from park, p50 / floor-futex", SuiteName.Wake, "shmbus", "floor-futex", "p50_ns", true, 1.15),
        new("woken by await, p50 / park", SuiteName.Wake, "shmbus-await", "shmbus", "p50_ns", true, 1.5),
    ];

    public bool IsMet => IsAtMost ? Measured <= Limit : Measured >= Limit;

    /// <summary>Those of which the results hold both sides, in one run.</summary>
    public static List<Goal> In(Results results) => [.. s_aims.Select(aim => aim.In(results)).OfType<Goal>()];

    public static Table TableOf(IEnumerable<Goal> goals) => new(
        "How near to the machine's limits", ["what", "wanted", "measured", "met"],
        [.. goals.Select(goal => (IReadOnlyList<string>)[goal.Name, $"{(goal.IsAtMost ? "at most" : "at least")} {Figure.Ratio(goal.Limit)}", Figure.Ratio(goal.Measured), goal.IsMet ? "yes" : "no"])]);

    private sealed record Aim(
        string Name, string Suite, string Transport, string Reference, string Field, bool IsAtMost, double Limit, string? Wait = null, int Size = 64)
    {
        /// <summary>From the first run that has both; of several gaps from the first.</summary>
        public Goal? In(Results results) => (
            from run in results.Runs(Suite)
            from own in run.Where(IsOf(Transport)).Where(own => Wait is null || own.Wait == Wait)
            from reference in run.Where(IsOf(Reference)).Where(reference => reference.Text("gap_ms") == own.Text("gap_ms"))
            let measured = own.Median(Field) / reference.Median(Field)
            where measured is not null
            select new Goal($"{Figure.Bytes(Size)}, {Name}", IsAtMost, Limit, measured.Value)).FirstOrDefault();

        private Func<Measurement, bool> IsOf(string transport) => measurement =>
            measurement is { Producers: 1, Subscribers: 1 } && measurement.Transport == transport && measurement.Size == Size;
    }
}
