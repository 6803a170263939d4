using ShmBus.Endpoints;

namespace ShmBus.Tool.Top;

/// <summary>An endpoint from look to look. Its counters are those of one owner: with the next one it begins anew.</summary>
internal sealed class WatchedEndpoint(EndpointInfo first)
{
    internal EndpointInfo Now { get; private set; } = first;

    /// <summary>Messages a second since the last look.</summary>
    internal double MessageRate { get; private set; }

    internal double SleepRate { get; private set; }

    internal double WakeRate { get; private set; }

    internal History Lag { get; } = new();

    internal void Look(EndpointInfo now, double seconds)
    {
        bool isSame = now.Generation == Now.Generation;
        MessageRate = isSame ? Math.Max(0, now.Messages - Now.Messages) / seconds : 0;
        // They wrap.
        SleepRate = isSame ? unchecked(now.Sleeps - Now.Sleeps) / seconds : 0;
        WakeRate = isSame ? unchecked(now.Wakes - Now.Wakes) / seconds : 0;
        Lag.Add(now.UnreadBytes);
        Now = now;
    }
}
