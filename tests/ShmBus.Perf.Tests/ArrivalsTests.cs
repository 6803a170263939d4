using System.Diagnostics;
using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Tests;

/// <summary>What a stall does to the figures of the load suite.</summary>
internal sealed class ArrivalsTests
{
    private const long Interval = 1_000;

    [Test]
    public void A_stall_counts_for_every_message_that_was_due_in_it()
    {
        // 10,000 messages, one in 1 us. Each takes 100 ns; but while 1,000 of them were due, nothing went.
        Arrivals arrivals = new(Interval);
        arrivals.Begin(0);
        const long stallEnd = 6_000 * Interval;
        for (long message = 0; message < 10_000; message++)
        {
            long due = message * Interval;
            arrivals.Arrive(message is >= 5_000 and < 6_000 ? stallEnd : due + 100);
        }

        Histogram late = arrivals.Latencies;
        Assert.That(late.Count, Is.EqualTo(10_000));
        Assert.That(late.Maximum, Is.EqualTo(1_000 * Interval));
        Assert.That(late.Percentile(0.5), Is.EqualTo(100));
        // Nine of ten were in time, as those who time only what they send would say of 99.99 %.
        Assert.That(late.Percentile(0.9), Is.EqualTo(100));
        // Of the other tenth, the lateness falls evenly from 1,000 us to 1 us. A bucket is at most 0.8 % too high.
        Assert.That(late.Percentile(0.95), Is.EqualTo(500 * Interval).Within(1).Percent);
        Assert.That(late.Percentile(0.99), Is.EqualTo(900 * Interval).Within(1).Percent);
        Assert.That(late.Percentile(0.999), Is.EqualTo(990 * Interval).Within(1).Percent);
    }

    [Test]
    public void Messages_before_their_time_by_another_clock_are_not_late()
    {
        Arrivals arrivals = new(Interval);
        arrivals.Begin(Interval);
        arrivals.Arrive(Interval - 1);

        Assert.That(arrivals.Latencies.Maximum, Is.Zero);
    }

    [Test]
    public void A_pace_falls_due_in_equal_intervals_though_its_caller_was_late()
    {
        long interval = Stopwatch.Frequency / 1_000;
        Pace pace = new(interval);
        pace.Await();
        long first = pace.Due;
        Thread.Sleep(5);
        for (int message = 1; message <= 10; message++)
        {
            pace.Await();
            Assert.That(pace.Due, Is.EqualTo(first + message * interval));
            Assert.That(Stopwatch.GetTimestamp(), Is.GreaterThanOrEqualTo(pace.Due));
        }
    }

    [Test]
    public void A_sink_takes_the_time_from_when_a_message_was_due()
    {
        const int size = 64;
        Arrivals arrivals = new(interval: 1);
        StreamSink sink = new(size, producers: 1, arrivals);
        byte[] message = new byte[size];
        Assert.That(Read(Sequence.First), Is.True, "warm-up");
        long due = Stopwatch.GetTimestamp() - 10 * Stopwatch.Frequency;
        Assert.That(Read(Sequence.EpochOf(due)), Is.True, "mark");
        Assert.That(Read(Sequence.First + 1), Is.True);
        Assert.That(Read(Sequence.EndOf(0)), Is.False);

        Assert.That(sink.Measured, Is.EqualTo(1));
        Assert.That(arrivals.Latencies.Count, Is.EqualTo(1));
        Assert.That(arrivals.Latencies.Maximum, Is.InRange(10 * Stopwatch.Frequency, Stopwatch.GetTimestamp() - due));

        bool Read(ulong sequence)
        {
            Payload.Write(message, sequence);
            return sink.Read(message);
        }
    }

    [Test]
    public void A_sink_that_takes_times_still_sees_a_message_that_is_missing()
    {
        StreamSink sink = new(8, producers: 1, new Arrivals(interval: 1));
        byte[] message = new byte[8];
        Payload.Write(message, Sequence.First + 1);

        Assert.That(() => sink.Read(message), Throws.TypeOf<PerfException>().With.Message.Contains("lost, repeated or out of order"));
    }
}
