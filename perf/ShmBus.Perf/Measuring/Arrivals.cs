namespace ShmBus.Perf.Measuring;

/// <summary>
/// Takes the time from when each message ought to have been sent (<see cref="Pace"/>) to when it arrived. One that a stall of
/// either side held back was late from then on, whenever it was sent at last: so a stall counts once for every message that was
/// due in it, not once in all, which is what coordinated omission hides.
/// </summary>
/// <param name="interval">Between two messages, in ticks.</param>
internal sealed class Arrivals(long interval)
{
    private long _due;

    public Histogram Latencies { get; } = new();

    /// <summary>The next message to arrive was due then.</summary>
    public void Begin(long due) => _due = due;

    /// <summary>The next message has arrived.</summary>
    public void Arrive(long now)
    {
        Latencies.Record(Math.Max(0, now - _due));
        _due += interval;
    }
}
