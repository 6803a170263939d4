using System.Numerics;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

/// <summary>The lanes that a subscriber reads.</summary>
internal sealed unsafe class Lanes(RegionSource hub, RingMemory memory, RegionOptions options, Acknowledge acknowledge, Subscriber subscriber) : ICompanions
{
    private readonly Lane?[] _lanes = new Lane?[memory.Geometry.PublisherSlots];
    private ulong _opened;

    /// <summary>The topic's own ring, which stays empty, while it is not its turn.</summary>
    internal RingConsumer OwnRing;

    /// <summary>Those who wait for room in it.</summary>
    internal required Waker OwnPublishers { get; init; }

    /// <summary>How many there can be.</summary>
    internal int Count => _lanes.Length;

    internal Lane? this[int index] => _lanes[index];

    /// <summary>Whether one was made that is not open yet.</summary>
    internal bool HasNew => Unopened != 0;

    /// <summary>The lane after one, or -1, the topic's own ring, after the last.</summary>
    internal int Next(int lane)
    {
        do
        {
            lane = lane + 1 == Count ? -1 : lane + 1;
        }
        while (lane >= 0 && _lanes[lane] is null);
        return lane;
    }

    /// <summary>The next lane after one in which something is stamped, or that one itself.</summary>
    internal int NextStamped(int lane)
    {
        for (int next = Next(lane); next != lane; next = Next(next))
        {
            if (next >= 0 && _lanes[next]!.Ring.IsStamped())
            {
                return next;
            }
        }
        return lane;
    }

    /// <summary>Why the last one that could not be opened could not.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>Opens those that were made since the last time. One that cannot be opened is tried, and thrown for, once.</summary>
    internal void OpenNew()
    {
        for (ulong unopened = Unopened; unopened != 0; unopened &= unopened - 1)
        {
            int index = BitOperations.TrailingZeroCount(unopened);
            _opened |= 1UL << index;
            try
            {
                Region region = LaneRegions.Open(hub, index, options, readOnly: false);
                _lanes[index] = LaneFiles.Take(region, lane => new Lane(lane, acknowledge, copies: !options.TrustPeers, subscriber));
            }
            catch (Exception exception)
            {
                Failure = exception;
                throw;
            }
            if (!_lanes[index]!.IsWatched)
            {
                subscriber.IsUnwatched();
            }
        }
    }

    /// <summary>One that is corrupt is read no more; the others go on.</summary>
    internal void Drop(int index)
    {
        Lane lane = _lanes[index]!;
        _lanes[index] = null;
        lane.Release();
        lane.Unmap();
    }

    public void Flush(Durability durability) => ForEach(lane => lane.Flush(durability));

    public void Release() => ForEach(static lane => lane.Release());

    public void Unmap() => ForEach(static lane => lane.Unmap());

    private ulong Unopened =>
        Atomic.LoadAcquire(memory.Lanes) & ~_opened & (ulong.MaxValue >> (64 - _lanes.Length)); // pairs with LaneHub.Announce

    private void ForEach(Action<Lane> action)
    {
        foreach (Lane? lane in _lanes)
        {
            if (lane is not null)
            {
                action(lane);
            }
        }
    }
}
