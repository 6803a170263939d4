using System.Diagnostics;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Bench;

/// <summary>What is done in a slice of time.</summary>
/// <param name="Name">A word for scripts.</param>
/// <param name="Title">For people.</param>
/// <param name="Size">The bytes of a message.</param>
/// <param name="IsRoundTrip">One message at a time, which is answered; else as many as get through, one way.</param>
internal sealed record BenchCourse(string Name, string Title, int Size, bool IsRoundTrip);

/// <summary>All courses on all ways between two processes, in rounds that take turns: what disturbs the machine for a while disturbs all of them.</summary>
internal sealed class BenchRun(BenchPair pair, TimeSpan time, Action<string> report)
{
    internal static readonly BenchCourse[] Courses =
    [
        new("round_trip_64", "round trips of 64 bytes", 64, IsRoundTrip: true),
        new("stream_64", "messages of 64 bytes, one way", 64, IsRoundTrip: false),
        new("stream_4096", "messages of 4 KiB, one way", 4096, IsRoundTrip: false),
    ];

    private const int Rounds = 3;

    /// <summary>The first is not recorded: code is compiled, and processors come to speed.</summary>
    private const int WarmUps = 1;

    /// <exception cref="ToolException">The other process ended.</exception>
    internal BenchRow[] Run()
    {
        try
        {
            return Measure();
        }
        catch (Exception exception) when (exception is IOException or PeerLostException)
        {
            throw new ToolException(ExitCode.Finding, $"The second process ended in the middle; look for what it said above, or who ended it: {exception.Message}");
        }
    }

    private BenchRow[] Measure()
    {
        if (pair.Processor >= 0)
        {
            Processors.Pin(pair.Processor);
        }
        int slices = (Rounds + WarmUps) * Courses.Length * BenchPair.Transports.Length;
        TimeSpan slice = time / slices;
        Dictionary<(int, BenchCourse), List<BenchSlice>> found = [];
        for (int round = -WarmUps; round < Rounds; round++)
        {
            foreach (BenchCourse course in Courses)
            {
                for (int i = 0; i < BenchPair.Transports.Length; i++)
                {
                    // Nobody is always the first.
                    int transport = (i + round + WarmUps) % BenchPair.Transports.Length;
                    report(round < 0 ? $"warming up: {BenchPair.Transports[transport]}, {course.Title}" : $"round {round + 1} of {Rounds}: {BenchPair.Transports[transport]}, {course.Title}");
                    // A few first, so that both sides are at it when it counts.
                    _ = Measure(transport, course, slice / 5);
                    BenchSlice measured = Measure(transport, course, slice / 5 * 4);
                    if (round >= 0)
                    {
                        (found.TryGetValue((transport, course), out List<BenchSlice>? rounds) ? rounds : found[(transport, course)] = []).Add(measured);
                    }
                }
            }
        }
        return [.. Courses.SelectMany(course => BenchPair.Transports.Select((name, i) => BenchRow.Of(name, course, found[(i, course)])))];
    }

    private BenchSlice Measure(int transport, BenchCourse course, TimeSpan length)
    {
        pair.Order(course.IsRoundTrip ? "echo" : "take", transport, course.Size);
        BenchLine line = pair.Line(transport);
        byte[] message = new byte[course.Size];
        long start = Stopwatch.GetTimestamp();
        long end = start + (long)(length.TotalSeconds * Stopwatch.Frequency);
        return course.IsRoundTrip ? MeasureRoundTrips(line, message, end) : MeasureStream(line, message, start, end);
    }

    private static BenchSlice MeasureRoundTrips(BenchLine line, byte[] message, long end)
    {
        LatencyHistogram times = new();
        ulong number = 0;
        long before;
        while ((before = Stopwatch.GetTimestamp()) < end || number == 0)
        {
            Exchange(line, message, number++);
            times.Add(Stopwatch.GetTimestamp() - before);
        }
        Exchange(line, message, BenchMessage.End);
        double toNanoseconds = 1e9 / Stopwatch.Frequency;
        return new BenchSlice(times.Percentile(0.5) * toNanoseconds, times.Percentile(0.99) * toNanoseconds, Rate: 0, number);
    }

    private static void Exchange(BenchLine line, byte[] message, ulong number)
    {
        BenchMessage.Write(message, number);
        line.Send(message);
        BenchMessage.Expect(line.Receive(message.Length), number);
    }

    private static BenchSlice MeasureStream(BenchLine line, byte[] message, long start, long end)
    {
        ulong count = 0;
        // To look at the clock costs about as much as a small message.
        while (count % 64 != 0 || count == 0 || Stopwatch.GetTimestamp() < end)
        {
            BenchMessage.Write(message, count++);
            line.Send(message);
        }
        BenchMessage.Write(message, BenchMessage.End);
        line.Send(message);
        // It says how many it took, all in order and intact.
        BenchMessage.Expect(line.Receive(message.Length), count);
        return new BenchSlice(0, 0, count / Stopwatch.GetElapsedTime(start).TotalSeconds, count);
    }
}

/// <summary>What one slice of time gave.</summary>
/// <param name="Median">Round trips: nanoseconds.</param>
/// <param name="P99">Round trips: nanoseconds.</param>
/// <param name="Rate">One way: messages a second.</param>
/// <param name="Messages">How many there were, each of them verified.</param>
internal sealed record BenchSlice(double Median, double P99, double Rate, ulong Messages);
