using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// Who is on a topic, and who comes and goes: <see cref="Topic.WatchPeers"/>. The kernel tells of it, within milliseconds as a rule;
/// nothing is polled. It looks from outside, through a mapping that cannot write, and takes no slot.
/// </summary>
/// <remarks>
/// Each change is handed to the handler once and in order, on the thread pool, one at a time. Who comes and goes between two looks is not
/// noticed. All members may be used by any thread. The monitor lives on when the topic is disposed.
/// </remarks>
public sealed class PeerMonitor : IDisposable, IDeathListener
{
    private const int FallbackMilliseconds = 50;

    private readonly Region _region;
    private readonly RingMemory _memory;
    private readonly EventHandler<PeerEventArgs> _handler;
    private readonly Timer? _timer;

    // Of whoever looks, one at a time.
    private readonly Peer?[][] _seen;

    // Of each slot the generation whose owner is gone: what it left looks like its successor's until that one counts up.
    private readonly uint?[][] _gone;

    // Held for moments: flags and hand-overs.
    private readonly Lock _lock = new();
    private readonly Queue<PeerEventArgs> _changes = new();
    private IReadOnlyList<EndpointInfo> _peers = [];
    private bool _isLooking;
    private bool _looksAgain;
    private bool _isTelling;
    private bool _isDisposed;
    private bool _isOver; // nobody begins to look any more

    internal PeerMonitor(Region region, EventHandler<PeerEventArgs> handler)
    {
        _region = region;
        _memory = region.Ring();
        _handler = handler;
        _seen = [new Peer?[_memory.Slots(EndpointRole.Publisher)], new Peer?[_memory.Slots(EndpointRole.Subscriber)]];
        _gone = [new uint?[_memory.Slots(EndpointRole.Publisher)], new uint?[_memory.Slots(EndpointRole.Subscriber)]];
        if (DeathWatch.Register(this, region.Source) is RefusedOption refused)
        {
            Refused = refused with { Option = nameof(PeerMonitor), Reason = $"{refused.Reason} It looks every {FallbackMilliseconds} ms instead." };
            _timer = new Timer(static monitor => ((PeerMonitor)monitor!).Look(), this, Timeout.Infinite, Timeout.Infinite);
            // Only now: whoever is told disposes the timer, maybe at once.
            _timer.Change(FallbackMilliseconds, FallbackMilliseconds);
        }
        try
        {
            Look();
        }
        catch
        {
            EndWatch();
            throw;
        }
    }

    /// <summary>Who is there, by the last look.</summary>
    public IReadOnlyList<EndpointInfo> Peers
    {
        get
        {
            lock (_lock)
            {
                return _peers;
            }
        }
    }

    /// <summary>Why it polls, where the system refuses to tell of changes; null as a rule.</summary>
    public RefusedOption? Refused { get; }

    /// <summary>Ends it. A call of the handler that is under way, or just about to begin, goes on; no other follows. More than once is fine.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
            _changes.Clear();
        }
        EndWatch();
        lock (_lock)
        {
            _isOver = true;
            if (_isLooking)
            {
                // The constructor is at its first look, of which the handler was told already: it takes the memory away.
                return;
            }
        }
        TakeMemoryAway();
    }

    void IDeathListener.OnClose() => Look();

    void IDeathListener.OnTouched() => Look();

    /// <summary>Looks, or has the one who is at it look once more: who waits for whom could end in a ring.</summary>
    private void Look()
    {
        lock (_lock)
        {
            _looksAgain = true;
            if (_isLooking)
            {
                return;
            }
            _isLooking = true;
        }
        while (MayLook())
        {
            List<PeerEventArgs> changes = [];
            for (int i = 0; i < _seen.Length; i++)
            {
                LookAt((EndpointRole)i, changes);
            }
            if (changes.Count > 0)
            {
                Tell(changes);
            }
        }
    }

    private bool MayLook()
    {
        lock (_lock)
        {
            _isLooking = _looksAgain && !_isDisposed;
            _looksAgain = false;
            if (_isLooking || !_isOver)
            {
                return _isLooking;
            }
        }
        TakeMemoryAway();
        return false;
    }

    /// <summary>When this returns, no look of the watch or the timer is under way, and none begins.</summary>
    private void EndWatch()
    {
        DeathWatch.Unregister(this, _region.Source);
        _timer?.DisposeAsync().AsTask().Wait();
    }

    private void TakeMemoryAway()
    {
        _region.Close();
        _region.Unmap();
    }

    private unsafe void LookAt(EndpointRole role, List<PeerEventArgs> changes)
    {
        Peer?[] seen = _seen[(int)role];
        for (int i = 0; i < seen.Length; i++)
        {
            RingSlot slot = _memory.Slot(role, i);
            bool isAlive = SlotOwner.IsAlive(_region.Source, role, i);
            // After the lock was asked for: who leaves in good order says so before it gives the lock back. Both at once: of one owner.
            ulong both = Atomic.LoadAcquire(slot.StateAndGeneration); // pairs with SlotOwner and RingConsumer: state and generation
            uint generation = (uint)(both >> 32);
            SlotState state = (SlotState)(uint)both;
            if (seen[i] is Peer peer && (!isAlive || peer.Generation != generation))
            {
                bool hasDied = peer.Generation == generation && state is not (SlotState.Free or SlotState.Evicted);
                changes.Add(new PeerEventArgs(hasDied ? PeerChange.Died : PeerChange.Left, peer.Info with { IsAlive = false }));
                seen[i] = null;
            }
            if (!isAlive)
            {
                _gone[(int)role][i] = generation;
            }
            else if (seen[i] is null && generation != _gone[(int)role][i] && state is SlotState.Active or SlotState.Evicted)
            {
                EndpointInfo info = EndpointInfo.Read(_memory, role, i, isAlive: true);
                seen[i] = new Peer(info, generation);
                changes.Add(new PeerEventArgs(PeerChange.Joined, info));
            }
        }
    }

    private void Tell(List<PeerEventArgs> changes)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }
            _peers = [.. _seen.SelectMany(static peers => peers).OfType<Peer>().Select(static peer => peer.Info)];
            changes.ForEach(_changes.Enqueue);
            if (_isTelling)
            {
                return;
            }
            _isTelling = true;
        }
        // Not on the thread that looks: a handler may dispose endpoints, or take its time. And not in the context of that thread, which
        // may be that of whoever came or left.
        ThreadPool.UnsafeQueueUserWorkItem(static monitor => monitor.TellAll(), this, preferLocal: false);
    }

    private void TellAll()
    {
        while (true)
        {
            PeerEventArgs? change;
            lock (_lock)
            {
                if (!_changes.TryDequeue(out change))
                {
                    _isTelling = false;
                    return;
                }
            }
            _handler(this, change);
        }
    }

    private sealed record Peer(EndpointInfo Info, uint Generation);
}

/// <summary>What became of an endpoint of a topic.</summary>
public sealed class PeerEventArgs : EventArgs
{
    internal PeerEventArgs(PeerChange change, EndpointInfo peer)
    {
        Change = change;
        Peer = peer;
    }

    /// <summary>Whether it came or went, and how.</summary>
    public PeerChange Change { get; }

    /// <summary>Which one: as it was when it was seen first.</summary>
    public EndpointInfo Peer { get; }
}

/// <summary>Whether an endpoint came or went, and how.</summary>
public enum PeerChange
{
    /// <summary>It is there: it came, or was there when the watch began.</summary>
    Joined,

    /// <summary>
    /// It left in good order; or it cannot be known how it went: another was in its place before, or it had been evicted.
    /// </summary>
    Left,

    /// <summary>Its process died, or let go of the topic without leaving it.</summary>
    Died,
}
