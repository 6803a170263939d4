using ShmBus.Endpoints;
using ShmBus.Native;
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

    internal TopicObserver(Region region, RegionOptions options, TopicOptions shape)
    {
        _region = region;
        _options = options;
        Options = shape;
    }

    /// <summary>How the topic was made: what shapes it, but neither its mode nor its group.</summary>
    public TopicOptions Options { get; }

    /// <summary>Its full path; null where it has none, or is seen through a process that has it open.</summary>
    public string? Path => _region.Source.Path;

    /// <summary>When the topic was made.</summary>
    public DateTimeOffset CreatedAt => RegionTime.Decode(_region.Header.CreatedAt);

    /// <summary>The bytes of its region: of the hub alone, where it has lanes.</summary>
    public long RegionSize => _region.Geometry.RegionSize;

    /// <summary>
    /// Looks at a topic that a process has open: also one whose name is gone, and an anonymous one. A topic of lanes is seen without its lanes:
    /// those are found by their names.
    /// </summary>
    /// <param name="processId">The process.</param>
    /// <param name="descriptor">The number of its descriptor, as in <c>/proc/PID/fd</c>.</param>
    /// <param name="options">Whose topics are accepted: <see cref="TopicOptions.Mode"/> and <see cref="TopicOptions.Group"/>.</param>
    /// <returns>The observer: dispose it when it is no longer needed.</returns>
    /// <exception cref="NotFoundErrnoException">There is no such process, or it has no such descriptor.</exception>
    /// <exception cref="RegionException">It is not a topic, was damaged, or is not to be trusted; its type says which.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static TopicObserver OpenOfProcess(int processId, int descriptor, TopicOptions? options = null)
    {
        Syscall.RequirePlatform();
        using Topic topic = Topic.LookAtOf(processId, descriptor, options ?? TopicOptions.Default);
        return topic.Observe();
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

    /// <summary>
    /// Looks at the messages of the topic, through a mapping of their own that cannot write: nothing is consumed, no place is taken, and nobody
    /// waits for it. What is written over before it is read is missed, and counted.
    /// </summary>
    /// <param name="joinAt">Where to begin: at the end, or with the oldest message that is still in memory, whoever has read it.</param>
    /// <returns>The observer of messages: dispose it when it is no longer needed. It lives on when this one is disposed.</returns>
    /// <exception cref="ObjectDisposedException">The observer was disposed.</exception>
    /// <exception cref="Rings.RingCorruptException">Somebody wrote over the ring.</exception>
    /// <exception cref="RegionException">The file was damaged since it was opened.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public MessageObserver ObserveMessages(JoinAt joinAt = JoinAt.End)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return MessageObserver.Open(_region.Source, _options, joinAt);
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
