using ShmBus.Hosting.Connections;

namespace ShmBus.Hosting.Diagnostics;

/// <summary>
/// Counts and logs what a subscriber loses. A handler that a publisher overtakes again and again loses something many times a second: so the first loss is
/// logged, and others when the bytes have doubled since, or some time has passed.
/// </summary>
internal sealed class LossLog(string endpoint, string topic, BusServices services)
{
    private long _bytes;
    private long _toldBytes;
    private long _toldAt;

    /// <summary>Something was lost. For the thread that reads.</summary>
    internal void Add(LossEventArgs loss)
    {
        services.Metrics.Lost(topic, endpoint, loss.Length, loss.Cause);
        _bytes += loss.Length;
        long now = Environment.TickCount64;
        if (_bytes >= _toldBytes * 2 || now - _toldAt >= Log.QuietMilliseconds)
        {
            Log.Lost(services.Logger, endpoint, topic, loss.Position, loss.Length, loss.Cause, _bytes);
            (_toldBytes, _toldAt) = (_bytes, now);
        }
    }

    /// <summary>What its place had lost before it was taken up again.</summary>
    internal void AddMissed(long bytes)
    {
        if (bytes > 0)
        {
            services.Metrics.Lost(topic, endpoint, bytes, LossCause.Overwritten);
            Log.Missed(services.Logger, endpoint, topic, bytes);
        }
    }
}
