using ShmBus.Endpoints;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>
/// Looks at a topic from outside, through a mapping that cannot write. Any thread may use it; it holds no slot, and nobody waits for it.
/// </summary>
public sealed class TopicObserver : IDisposable
{
    private readonly Region _region;
    private readonly RegionOptions _options;
    private readonly Lock _lock = new();
    private bool _isDisposed;

    internal TopicObserver(Region region, RegionOptions options)
    {
        _region = region;
        _options = options;
    }

    /// <summary>How far the topic is, and who is there. The figures are read one after the other while others go on.</summary>
    /// <returns>What was seen. Where somebody wrote over the topic, the figures may be any.</returns>
    /// <exception cref="ObjectDisposedException">The observer was disposed.</exception>
    public TopicSnapshot Inspect()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return TopicSnapshot.Read(_region.Ring(), _region.Source, _options);
        }
    }

    /// <summary>Takes the mapping away.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _region.Close();
                _region.Unmap();
            }
        }
    }
}
