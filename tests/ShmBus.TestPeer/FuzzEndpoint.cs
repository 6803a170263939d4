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
    private bool _isCopy;
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
                bool trusts = Random.Next(2) == 0;
                using Topic topic = Topic.Open(path, new TopicOptions { TrustPeers = trusts });
                // A hub of lanes is not where the messages are.
                _space ??= topic.Lanes ? null : new GuardedSpace(MappedSize());
                MaxLength = topic.MaxMessageLength;
                topic.Inspect();
                endpoint = Create(topic, Enum.GetValues<WaitStrategy>()[Random.Next(3)]);
                // Where messages can vanish, or peers are not trusted, they are handed out as copies.
                _isCopy = endpoint is Subscriber && (topic.Overflow == Overflow.Overwrite || topic.EvictionLag != 0 || !trusts);
                _isGuarded = _space?.Holds(path) == true && !_isCopy;
                Counts.Add(topic.Lanes ? "on-lanes" : _isGuarded ? "guarded" : "unguarded");
                Counts.Add(trusts ? "trusting" : "untrusting");
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

    /// <summary>Looks at every byte, twice: one that is not the region's ends the process, and so does one that changes in a copy.</summary>
    private protected void Look(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxLength || (_isGuarded && !_space!.Contains(payload)))
        {
            throw new InvalidOperationException($"{payload.Length} bytes, of {MaxLength} at most, or outside of the region");
        }
        ulong first = Hash(payload);
        if (Random.Next(16) == 0)
        {
            // Long enough for somebody to write over it.
            Thread.SpinWait(100);
        }
        if (Hash(payload) == first)
        {
            return;
        }
        if (_isCopy)
        {
            throw new InvalidOperationException("A copy changed.");
        }
        Counts.Add("changed-in-place");
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0;
        foreach (byte value in bytes)
        {
            hash = hash * 31 + value;
        }
        return hash;
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
