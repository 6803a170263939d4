namespace ShmBus.Tool.Bench;

/// <summary>One way of moving messages in one course: the median of its rounds.</summary>
/// <param name="Transport">shmbus, pipe or socket.</param>
/// <param name="Course">round_trip_64, stream_64 or stream_4096.</param>
/// <param name="Size">The bytes of a message.</param>
/// <param name="Messages">How many were sent and verified.</param>
/// <param name="P50Ns">Round trips: the median, in nanoseconds.</param>
/// <param name="P99Ns">Round trips: what 99 of 100 do not exceed.</param>
/// <param name="MessagesPerSecond">One way: the rate.</param>
internal sealed record BenchRow(string Transport, string Course, int Size, ulong Messages, double? P50Ns, double? P99Ns, double? MessagesPerSecond)
{
    internal static BenchRow Of(string transport, BenchCourse course, List<BenchSlice> rounds)
    {
        double? Median(Func<BenchSlice, double> of, bool isThere) => isThere ? rounds.Select(of).Order().ElementAt(rounds.Count / 2) : null;
        return new BenchRow(transport, course.Name, course.Size, rounds.Aggregate(0UL, static (sum, round) => sum + round.Messages),
            Median(static round => round.Median, course.IsRoundTrip), Median(static round => round.P99, course.IsRoundTrip), Median(static round => round.Rate, !course.IsRoundTrip));
    }
}

/// <param name="Seconds">How long it was to take.</param>
/// <param name="Pinned">Whether each process had a processor of its own.</param>
/// <param name="Processors">Those that this process may use.</param>
internal sealed record BenchReport(double Seconds, bool Pinned, int Processors, IReadOnlyList<BenchRow> Rows);
