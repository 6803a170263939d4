using System.Diagnostics;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// When messages ought to be sent: one in every interval, however late the one before was. Who is behind sends at once,
/// until he has caught up, and the lateness counts (see <see cref="Arrivals"/>).
/// </summary>
/// <param name="interval">In ticks of <see cref="Stopwatch"/>.</param>
internal sealed class Pace(long interval)
{
    // A sleep may last a millisecond longer than asked; the rest is spent on the clock.
    private static readonly long s_margin = Stopwatch.Frequency / 500;

    /// <summary>When the message that is about to be sent ought to be.</summary>
    public long Due { get; private set; }

    /// <summary>When the next one ought to be.</summary>
    public long NextDue => Due + interval;

    public static Pace OfRate(int messagesPerSecond) => new(IntervalOf(messagesPerSecond));

    public static long IntervalOf(int messagesPerSecond) => Math.Max(1, Stopwatch.Frequency / messagesPerSecond);

    /// <summary>What is behind is forgotten: the next message is due an interval from now.</summary>
    public void Restart() => Due = Stopwatch.GetTimestamp();

    /// <summary>Waits until the next message is due.</summary>
    public void Await()
    {
        if (Due == 0)
            Restart();
        Due = NextDue;
        long left;
        while ((left = Due - Stopwatch.GetTimestamp()) > 0)
        {
            if (left > 2 * s_margin)
                Thread.Sleep(TimeSpan.FromSeconds((double)(left - s_margin) / Stopwatch.Frequency));
        }
    }
}
