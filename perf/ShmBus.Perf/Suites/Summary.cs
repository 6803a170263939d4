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
        var table = new TextTable("round trip, median of rounds", "wait", "size", "p50 ns", "p99 ns", "p99.9 ns", "p99.99 ns", "max ns", "CPU ns", $"p50 / {Floor}", $"p50 / {FloorFutex}");
        foreach (var bySize in rows.GroupBy(row => row.Size))
        {
            foreach (var group in bySize.GroupBy(row => (row.Transport, row.Wait)))
            {
                double p50 = Median(group, row => row.P50);
                table.Add(
                    group.Key.Transport, group.Key.Wait, Number(bySize.Key),
                    Number(p50), Number(Median(group, row => row.P99)), Number(Median(group, row => row.P999)), Number(Median(group, row => row.P9999)),
                    Number(Median(group, row => row.Maximum)), Number(Median(group, row => row.Cpu)),
                    Ratio(p50, bySize.Where(row => row.Transport == Floor), row => row.P50),
                    Ratio(p50, bySize.Where(row => row.Transport == FloorFutex), row => row.P50));
            }
        }

        table.WriteTo(output);
        output.WriteLine($"Each round trip includes one reading of the clock: {ClockCost.Nanoseconds():0} ns.");
        output.WriteLine("CPU is the time that a round trip took of processors, in both processes together.");
    }

    public static void Write(IReadOnlyList<ThroughputRow> rows, TextWriter output)
    {
        var table = new TextTable("one way, median of rounds", "wait", "size", "producers", "subscribers", "messages/s", "MB/s", "CPU ns", $"rate / {FloorStream}", $"rate / {FloorCas}", "rate / 1 producer");
        foreach (var bySize in rows.GroupBy(row => row.Size))
        {
            foreach (var group in bySize.GroupBy(row => (row.Transport, row.Wait, row.Producers, row.Subscribers)))
            {
                double rate = Median(group, row => row.MessagesPerSecond);
                table.Add(
                    group.Key.Transport, group.Key.Wait, Number(bySize.Key), Number(group.Key.Producers), Number(group.Key.Subscribers),
                    Number(rate), Number(Median(group, row => row.BytesPerSecond) / 1e6), Number(Median(group, row => row.Cpu)),
                    RatioTo(FloorStream, group.Key.Producers, 1), RatioTo(FloorCas, group.Key.Producers, 1), RatioTo(group.Key.Transport, 1, group.Key.Subscribers));

                string RatioTo(string transport, int producers, int subscribers) => Ratio(
                    rate, bySize.Where(row => row.Transport == transport && row.Producers == producers && row.Subscribers == subscribers), row => row.MessagesPerSecond);
            }
        }

        table.WriteTo(output);
        output.WriteLine("CPU is the time that a message took of processors, in all processes together.");
        foreach (var capacity in rows.GroupBy(row => row.Capacity))
            output.WriteLine($"Rings, and buffers beside them: {Number(capacity.Key)} bytes for messages of {string.Join(", ", capacity.Select(row => row.Size).Distinct().Select(size => Number(size)))} bytes.");
    }

    public static void Write(IReadOnlyList<WakeRow> rows, TextWriter output)
    {
        var table = new TextTable("woken after a gap, one way, median of rounds", "wait", "size", "gap ms", "p50 ns", "p99 ns", "max ns", "CPU ns", $"p50 / {FloorFutex}", "idle CPU us/s", "idle switches/s");
        foreach (var byGap in rows.GroupBy(row => (row.Size, row.GapMilliseconds)))
        {
            foreach (var group in byGap.GroupBy(row => (row.Transport, row.Wait)))
            {
                double p50 = Median(group, row => row.P50);
                table.Add(
                    group.Key.Transport, group.Key.Wait, Number(byGap.Key.Size), Number(byGap.Key.GapMilliseconds),
                    Number(p50), Number(Median(group, row => row.P99)), Number(Median(group, row => row.Maximum)), Number(Median(group, row => row.Cpu)),
                    Ratio(p50, byGap.Where(row => row.Transport == FloorFutex), row => row.P50),
                    Number(Median(group, row => row.IdleCpu)), Decimal(Median(group, row => row.IdleSwitches)));
            }
        }

        table.WriteTo(output);
        output.WriteLine("A wake lasts from before the message is written to when the reader has it; CPU is the time of both processes for it and its answer. Idle is the process that waits; it is put to sleep and woken once to be asked.");
    }

    public static void Write(IReadOnlyList<LoadRow> rows, TextWriter output)
    {
        var table = new TextTable("at a fixed rate, one way, median of rounds", "wait", "size", "rate/s", "messages/s", "held", "p50 ns", "p99 ns", "p99.9 ns", "p99.99 ns", "max ns");
        foreach (var group in rows.GroupBy(row => (row.Size, row.Rate, row.Transport, row.Wait)))
        {
            table.Add(
                group.Key.Transport, group.Key.Wait, Number(group.Key.Size), Number(group.Key.Rate), Number(Median(group, row => row.MessagesPerSecond)),
                group.All(row => row.IsRateHeld) ? "yes" : "no",
                Number(Median(group, row => row.P50)), Number(Median(group, row => row.P99)), Number(Median(group, row => row.P999)), Number(Median(group, row => row.P9999)),
                Number(Median(group, row => row.Maximum)));
        }

        table.WriteTo(output);
        output.WriteLine($"Times count from when a message ought to have been sent. The rate was held where at least {LoadSuite.Held:0%} of what was due was sent in time for the end, in every round; where not, times only say that they would grow for as long as it lasts.");
    }

    public static void Write(IReadOnlyList<MemoryRow> rows, TextWriter output)
    {
        var table = new TextTable("the peer's memory, median of rounds", "wait", "size", "resident KiB", "of the channel", "managed KiB", "of the channel", "mapped KiB of the channel", "allocated B/message", "by main");
        foreach (var group in rows.GroupBy(row => (row.Size, row.Transport, row.Wait)))
        {
            table.Add(
                group.Key.Transport, group.Key.Wait, Number(group.Key.Size),
                KibiBytes(row => row.Resident), KibiBytes(row => row.ResidentGrowth), KibiBytes(row => row.Managed), KibiBytes(row => row.ManagedGrowth),
                KibiBytes(row => row.SharedMappedGrowth), Decimal(Median(group, row => row.Allocated)), Decimal(Median(group, row => row.MainAllocated)));

            string KibiBytes(Func<MemoryRow, long> bytes) => Number(Median(group, row => bytes(row)) / 1024);
        }

        table.WriteTo(output);
        output.WriteLine("Of the channel: more than before it was opened, code that was compiled for it included. Mapped is address space of the channel that leads to shared memory; a ring is mapped twice in a row.");
    }

    public static void Write(IReadOnlyList<FilesRow> rows, TextWriter output)
    {
        var table = new TextTable("a file, median of rounds", "place", "chunk", "pages", "sync", "write MB/s", "faults", "rewrite MB/s", "faults", "read MB/s", "faults", "reread MB/s", "faults", "setup us");
        foreach (var group in rows.GroupBy(row => (row.Method, row.Place, row.Chunk, row.Touch, row.Sync)))
        {
            ILookup<string, FilesRow> passes = group.ToLookup(row => row.Pass);
            table.Add(
                [group.Key.Method, group.Key.Place, Number(group.Key.Chunk), group.Key.Touch, group.Key.Sync,
                 .. new[] { "write", "rewrite", "read", "reread" }.SelectMany(pass => new[] { Rate(passes[pass]), Faults(passes[pass]) }),
                 Number(Median(passes["write"], row => row.SetupMicroseconds) + Median(passes["read"], row => row.SetupMicroseconds))]);
        }

        table.WriteTo(output);
        output.WriteLine("Written to a new file, read through other means, written over, read again: always from the page cache. Faults are minor ones, those of setup (opening, mapping, populating) not among them; a sync counts as part of its writing. write-read, pwrite-pread and filestream copy between the file and a buffer; mmap-view and shmbus have chunks made and verified in place, and shmbus, which frames each as a message, has a ring with room for all.");

        static string Rate(IEnumerable<FilesRow> pass) => Number(Median(pass, row => row.BytesPerSecond) / 1e6);

        static string Faults(IEnumerable<FilesRow> pass) => Number(Median(pass, row => row.MinorFaults));
    }

    public static void WriteNotes<TTransport>(Plan<TTransport> plan, TextWriter output)
        where TTransport : ITransport
    {
        foreach (string note in plan.Transports.Select(transport => transport.Note).OfType<string>().Concat(plan.LeftOut))
            output.WriteLine(note);
    }

    private static double Median<TRow>(IEnumerable<TRow> rows, Func<TRow, double> value) => Statistics.Median([.. rows.Select(value)]);

    private static string Ratio<TRow>(double value, IEnumerable<TRow> floor, Func<TRow, double> floorValue) =>
        floor.Any() ? (value / Median(floor, floorValue)).ToString("0.00", CultureInfo.InvariantCulture) : "-";

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Decimal(double value) => value.ToString("#,0.0", CultureInfo.InvariantCulture);
}
