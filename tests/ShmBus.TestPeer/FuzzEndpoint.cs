using System.Diagnostics.CodeAnalysis;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>
/// One endpoint of a topic that somebody writes over, at whatever an endpoint can do. One that is poisoned must say so again, and
/// is replaced.
/// </summary>
internal abstract class FuzzEndpoint<T>(string path, Random random, FuzzCounts counts, CancellationToken stop) where T : Endpoint
{
    private GuardedSpace? _space;
    private bool _isGuarded;
    private bool _isOfLanes;

    private protected Random Random { get; } = random;

    private protected FuzzCounts Counts { get; } = counts;

    private protected CancellationToken Stop { get; } = stop;

    private protected int MaxLength { get; private set; }

    private protected abstract T Create(Topic topic, WaitStrategy wait);

    /// <summary>One call or some. False to leave.</summary>
    private protected abstract bool Step(T endpoint);

    /// <summary>A call that a poisoned endpoint refuses.</summary>
    private protected abstract void Touch(T endpoint);

    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed where it is replaced, and at the end.")]
    internal void Run()
    {
        while (!Stop.IsCancellationRequested)
        {
            T? endpoint = null;
            try
            {
                using Topic topic = Topic.Open(path);
                // A hub of lanes is not where the messages are.
                _space ??= topic.Lanes ? null : new GuardedSpace(MappedSize());
                MaxLength = topic.MaxMessageLength;
                topic.Inspect();
                endpoint = Create(topic, Enum.GetValues<WaitStrategy>()[Random.Next(3)]);
                // Where messages can vanish they are handed out as copies.
                bool isCopy = endpoint is Subscriber && (topic.Overflow == Overflow.Overwrite || topic.EvictionLag != 0);
                _isGuarded = _space?.Holds(path) == true && !isCopy;
                Counts.Add(topic.Lanes ? "on-lanes" : _isGuarded ? "guarded" : "unguarded");
                _isOfLanes = topic.Lanes && endpoint is Subscriber;
                while (!Stop.IsCancellationRequested && Step(endpoint))
                {
                    if (Random.Next(500) == 0)
                    {
                        topic.Inspect();
                    }
                }
            }
            catch (OperationCanceledException) when (Stop.IsCancellationRequested)
            {
            }
            catch (Exception exception) when (FuzzPeer.IsAnswer(exception))
            {
                Counts.Add((endpoint is null ? "joining:" : "") + exception.GetType().Name);
                if (endpoint is null)
                {
                    // Not at once again: nothing can be done until somebody writes over it once more.
                    Thread.Sleep(1);
                }
                // The subscriber of lanes goes on with the others.
                else if (exception is RingCorruptException && !_isOfLanes)
                {
                    RequirePoisoned(endpoint);
                }
            }
            finally
            {
                endpoint?.Dispose();
            }
        }
        _space?.Dispose();
    }

    /// <summary>Looks at every byte: one that is not the region's ends the process.</summary>
    private protected void Look(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxLength || (_isGuarded && !_space!.Contains(payload)))
        {
            throw new InvalidOperationException($"{payload.Length} bytes, of {MaxLength} at most, or outside of the region");
        }
        int sum = 0;
        foreach (byte value in payload)
        {
            sum += value;
        }
        GC.KeepAlive(sum);
    }

    private long MappedSize()
    {
        using RegionFile file = RegionFile.Open(path, RegionOptions.Default, readOnly: true);
        return file.Header.Geometry.MappedSize;
    }

    private void RequirePoisoned(T endpoint)
    {
        try
        {
            Touch(endpoint);
        }
        catch (RingCorruptException)
        {
            return;
        }
        throw new InvalidOperationException("An endpoint that found the ring corrupt works on.");
    }
}
