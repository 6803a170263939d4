using System.Numerics;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// Looks at the messages of a topic from outside: <see cref="TopicObserver.ObserveMessages"/>. Its mapping cannot write; it consumes nothing, takes no
/// place, and nobody waits for it or wakes it. One thread at a time may read; any may dispose it.
/// </summary>
/// <remarks>
/// A message is copied, and shown if it stood there to the end: never a torn one. Messages come in the order in which they were claimed; in a topic of
/// lanes so in each lane. Those that a publisher died with are passed by, as subscribers do it.
/// </remarks>
public sealed class MessageObserver : IDisposable
{
    private readonly RegionSource _source;
    private readonly RegionOptions _options;
    private readonly List<(Region Region, RingObserver Ring)> _rings = [];
    private readonly Lock _lock = new();
    private ulong _openedLanes;
    private int _next;
    private bool _isDisposed;

    private MessageObserver(RegionSource source, RegionOptions options)
    {
        _source = source;
        _options = options;
    }

    /// <summary>The bytes, headers and padding included, that were written over before they were read here.</summary>
    public long MissedBytes
    {
        get
        {
            lock (_lock)
            {
                return (long)_rings.Aggregate(0UL, static (sum, ring) => sum + ring.Ring.MissedBytes);
            }
        }
    }

    /// <summary>The bytes of claims that were passed by because their owners died before they committed.</summary>
    public long LostBytes
    {
        get
        {
            lock (_lock)
            {
                return (long)_rings.Aggregate(0UL, static (sum, ring) => sum + ring.Ring.LostBytes);
            }
        }
    }

    internal static MessageObserver Open(RegionSource source, RegionOptions options, JoinAt joinAt)
    {
        bool fromOldest = joinAt == JoinAt.Oldest;
        MessageObserver observer = new(source, options with { PopulateLimit = 0, Lock = false, HugePages = false });
        try
        {
            observer.Add(Region.Map(source, observer._options, readOnly: true), fromOldest);
            observer.OpenLanes(fromOldest);
            return observer;
        }
        catch
        {
            observer.Dispose();
            throw;
        }
    }

    /// <summary>Copies the next message, if there is one. Does not block.</summary>
    /// <param name="message">The message; valid until the next call.</param>
    /// <returns>False when nothing is there, or a living publisher is at it.</returns>
    /// <exception cref="ObjectDisposedException">The observer was disposed.</exception>
    /// <exception cref="RingCorruptException">Somebody wrote over the ring.</exception>
    /// <exception cref="RecordKindException">The message was written by a newer version, in a way that this one does not read.</exception>
    public bool TryRead(out Message message)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            // What a lane that is new holds was published since this one began.
            OpenLanes(fromOldest: true);
            for (int i = 0; i < _rings.Count; i++)
            {
                (Region region, RingObserver ring) = _rings[_next];
                if (ring.TryRead(out Record record) || (PassedDead(region.Source, ring) && ring.TryRead(out record)))
                {
                    message = new Message(record);
                    return true;
                }
                _next = (_next + 1) % _rings.Count;
            }
            message = default;
            return false;
        }
    }

    /// <summary>Takes the mappings away.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _rings.ForEach(ring => Drop(ring.Region));
            }
        }
    }

    /// <summary>Whether it got beyond a claim whose owner died with it.</summary>
    private static bool PassedDead(RegionSource source, RingObserver ring)
    {
        RingHole hole = ring.Inspect();
        if (hole.Tail == ring.Position || hole.IsPassed)
        {
            return hole.IsPassed;
        }
        for (ulong claimants = hole.Claimants; claimants != 0; claimants &= claimants - 1)
        {
            if (SlotOwner.IsAlive(source, EndpointRole.Publisher, BitOperations.TrailingZeroCount(claimants)))
            {
                return false;
            }
        }
        return ring.Skip(hole);
    }

    private void Add(Region region, bool fromOldest)
    {
        try
        {
            _rings.Add((region, new RingObserver(region.Ring(), fromOldest)));
        }
        catch
        {
            Drop(region);
            throw;
        }
    }

    private void Drop(Region region)
    {
        // One that was handed over cannot be opened again: it is the topic observer's.
        if (region.Source != _source)
        {
            region.Close();
        }
        region.Unmap();
    }

    /// <summary>Opens the lanes that were made since the last time. Each is tried once: anybody may have written that there is one.</summary>
    private unsafe void OpenLanes(bool fromOldest)
    {
        Region hub = _rings[0].Region;
        if (hub.Header.Producers != RegionHeader.Lanes)
        {
            return;
        }
        ulong made = Atomic.LoadAcquire(hub.Ring().Lanes) & (ulong.MaxValue >> (64 - hub.Geometry.PublisherSlots)); // pairs with LaneHub.Announce
        for (ulong unopened = made & ~_openedLanes; unopened != 0; unopened &= unopened - 1)
        {
            int index = BitOperations.TrailingZeroCount(unopened);
            _openedLanes |= 1UL << index;
            try
            {
                Add(LaneRegions.Open(hub.Source, index, _options, readOnly: true), fromOldest);
            }
            catch (NotFoundErrnoException)
            {
            }
        }
    }
}
