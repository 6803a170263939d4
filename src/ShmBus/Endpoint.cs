using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

/// <summary>
/// What publishers and subscribers have in common: one slot of a topic, one mapping of its region, and an end that never pulls
/// the memory from under an operation.
/// </summary>
/// <remarks>
/// <para>An endpoint belongs to one thread at a time; two that call it at once are told so, as far as it is noticed. Only
/// <see cref="Dispose"/> and the properties may be used by any thread at any time.</para>
/// <para>Entering: <c>state = Inside</c>, then look at <c>closing</c>. Leaving: <c>state = Idle</c>, then look at <c>closing</c>.
/// Disposing: <c>closing = true</c>, a process-wide barrier, then look at <c>state</c>. The barrier stands for the fence that
/// entering and leaving do without, so one side always sees the other; whoever finds <c>closing</c> with nobody inside
/// closes, and a compare-and-swap decides between two.</para>
/// </remarks>
public abstract partial class Endpoint : IDisposable
{
    // Odd states refuse entry. MessageInHand lets the next call in, which ends it; ClaimOpen ends by commit or abort only.
    private const int Idle = 0;
    private const int Inside = 1;
    private protected const int MessageInHand = 2;
    private const int Corrupt = 3;
    private const int Closed = 5;
    private protected const int ClaimOpen = 7;

    private readonly Region _region;
    private readonly Lock _memoryLock = new();
    private PeerWatch _peers;
    private readonly IReadOnlyList<RefusedOption> _refused;
    private protected Waiter _waiter;
    private int _state;
    private bool _closing;
    private int _disposals;
    private int _closings;
    private nint _hand;
    private bool _suspect = true;
    private bool _isMapped;
    private bool _isKept;
    private bool _isHandFree;
    private RingCorruptException? _corruption;

    private protected Endpoint(Region region, in RingMemory memory, EndpointRole role, WaitStrategy strategy, PlaceName? place = null)
    {
        _region = region;
        Memory = memory;
        Role = role;
        Owner = SlotOwner.Acquire(region, memory, role, place);
        Slot = Owner.Index;
        _peers = new PeerWatch(Owner);
        _ = _peers.HaveChanged();
        RefusedOption? unwatched = DeathWatch.Register(this, region.Source);
        IsWatched = unwatched is null;
        _waiter = new Waiter(strategy, new Parking(memory, role, Owner.Index, Signals.Of(region)), IsWatched);
        _refused = unwatched is null ? region.Refused : [.. region.Refused, unwatched];
        lock (_memoryLock)
        {
            // The death watch may have called before, when there was no waiter to wake.
            _isMapped = true;
        }
    }

    /// <summary>Raised once when the region's name no longer leads to it, on a thread of the library: return soon, throw nothing.</summary>
    /// <remarks>
    /// Messages still flow between those who have the region open, but whoever opens the topic by name from now on makes or
    /// meets another one. Typical causes: the file was deleted, or systemd removed it at logout (<c>RemoveIPC</c>).
    /// </remarks>
    public event EventHandler? NameLost;

    /// <summary>Publisher or subscriber.</summary>
    public EndpointRole Role { get; }

    /// <summary>The index of the slot that this endpoint holds; for a publisher in a topic of lanes the number of its lane.</summary>
    public int Slot { get; private protected init; }

    /// <summary>What was asked for, or is usual, and the system did not grant, with reasons. Empty as a rule.</summary>
    public IReadOnlyList<RefusedOption> Refused => _sleep?.Refused is RefusedOption refused ? [.. _refused, refused] : _refused;

    /// <summary>The largest payload, in bytes: a quarter of the topic's capacity. The extras of a message count (<see cref="MessageExtras.Length"/>).</summary>
    public int MaxMessageLength => RecordDescriptor.MaxLength(_region.Header.RingCapacity);

    /// <summary>
    /// Whether the process that this region was handed to, or came from, is gone: its connection has ended. What is in the ring can still be
    /// read; a wait for more ends with <see cref="PeerLostException"/>. Who only tries to read asks for this first: what <c>TryRead</c> does not find
    /// after that, does not come. Always false where nothing was handed over.
    /// </summary>
    public bool IsPeerLost => Atomic.LoadAcquire(ref _isPeerLost); // pairs with OnPeerLost

    /// <summary>Whether a serializer uses what this thread was handed: then the memory stays even where this thread leaves the topic meanwhile, until its next call.</summary>
    /// <remarks>What it says matters to the thread that set it alone, so no order is kept.</remarks>
    internal bool HoldsHand { private get; set; }

    private protected RingMemory Memory { get; }

    private protected SlotOwner Owner { get; }

    /// <summary>The other regions of an endpoint of lanes.</summary>
    private protected ICompanions? Companions { private get; init; }

    /// <summary>Whether <see cref="IsSuspect"/> is surely set when a peer may have died.</summary>
    private protected bool IsWatched { get; private set; }

    /// <summary>A peer may have died, and what it left may not be dealt with yet.</summary>
    private protected bool IsSuspect
    {
        get => Atomic.LoadAcquire(ref _suspect); // pairs with OnClose
        set => Atomic.StoreRelease(ref _suspect, value);
    }

    internal bool IsClosing => Atomic.LoadAcquire(ref _closing); // pairs with Dispose

    /// <summary>Whether the name of the region still leads to it. One system call; does not block.</summary>
    /// <returns>The state of the name now.</returns>
    /// <exception cref="ErrnoException">This process may not look, or no longer.</exception>
    public RegionName CheckName() => _region.Source.CheckName();

    /// <summary>Brings what was written so far as far as asked. Does not block the other side.</summary>
    /// <param name="durability">How far.</param>
    /// <exception cref="ErrnoException">The disk refused.</exception>
    /// <exception cref="InvalidOperationException">A claim is open, or another thread is inside.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void Flush(Durability durability)
    {
        if (!Enum.IsDefined(durability))
        {
            throw new ArgumentOutOfRangeException(nameof(durability), durability, "Expected one of the named values.");
        }
        Enter();
        try
        {
            Settle();
            _region.Flush(durability);
            Companions?.Flush(durability);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Leaves the topic: gives the slot back at once, so that a successor can go on. Any thread may call it at any time, also
    /// from within a handler, and more than once. An operation that another thread is in the middle of is completed first, a
    /// waiting one ends with <see cref="ObjectDisposedException"/>; whichever thread comes last takes the memory away.
    /// </summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (!Atomic.CompareExchange(ref _disposals, 0, 1))
        {
            if (IsHandOfThisThread())
            {
                FreeHand();
            }
            return;
        }
        Atomic.StoreRelease(ref _closing, true);
        Atomic.ProcessWideFence(); // pairs with Enter and Leave: state, then closing
        switch (Atomic.LoadAcquire(ref _state))
        {
            case Inside:
                WakeSelf();
                break;
            case ClaimOpen when HoldsHand || !IsHandOfThisThread():
                // The other thread, or a serializer on this one, may be writing: it closes when it commits or aborts.
                break;
            case MessageInHand when HoldsHand || !IsHandOfThisThread():
                // The other thread, or a serializer on this one, may still look at the message: it keeps the memory until its next call, but not the slot.
                Close(unmap: false);
                break;
            default:
                Close(unmap: true);
                break;
        }
    }

    /// <summary>This thread is the one to dispose, and nobody looks any more at a message that another one was handed.</summary>
    internal void TakeHand()
    {
        if (_state == MessageInHand)
        {
            NoteThread();
        }
    }

    /// <summary>What the last call handed out is done with.</summary>
    private protected abstract void Settle();

    /// <summary>Brings the ring into the state in which a successor finds it.</summary>
    private protected abstract void LeaveRing();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void Enter() => EnterAs(Inside);

    /// <summary>Enters, to leave with a piece of the ring in hand that the caller ends by a call of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void EnterWith(int inHand)
    {
        EnterAs(inHand);
        NoteThread();
    }

    /// <summary>For a call that only looks at what belongs to the thread, without ending what it has in hand.</summary>
    private protected void ThrowIfRefused()
    {
        if ((_state & 1) != 0)
        {
            ObjectDisposedException.ThrowIf(IsClosing, this);
            throw Refusal();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void Leave()
    {
        Atomic.StoreRelease(ref _state, Idle);
        if (IsClosing)
        {
            Close(unmap: true);
        }
    }

    /// <summary>Leaves, but for a piece of the ring that this thread was handed and keeps until its next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void LeaveWith(int inHand)
    {
        NoteThread();
        Atomic.StoreRelease(ref _state, inHand);
        if (IsClosing)
        {
            CloseInside();
        }
    }

    private protected bool IsClaimOpen => _state == ClaimOpen;

    /// <summary>Leaves because of an error. A corrupt ring refuses every further call.</summary>
    private protected void LeaveBy(Exception exception)
    {
        if (exception is RingCorruptException corruption)
        {
            _corruption = corruption;
            Memory.ReportCorrupt(corruption);
            Atomic.StoreRelease(ref _state, Corrupt);
            if (IsClosing)
            {
                Close(unmap: true);
            }
        }
        else if (_state != Closed)
        {
            Leave();
        }
    }

    /// <summary>The construction has succeeded: those who watch the topic may know.</summary>
    private protected void SayJoined() => _region.Source.Touch();

    /// <summary>Ends the construction of an endpoint that cannot work.</summary>
    private protected void Abandon(Exception exception)
    {
        if (exception is RingCorruptException corruption)
        {
            Memory.ReportCorrupt(corruption);
        }
        DeathWatch.Unregister(this, _region.Source);
        Atomic.StoreRelease(ref _state, Closed);
        GiveBackSlot();
    }

    /// <summary>The death watch does not reach all regions of this endpoint, or is not relied on: its sleeps are bounded from now on.</summary>
    internal void IsUnwatched()
    {
        IsWatched = false;
        _waiter.IsUnwatched();
    }

    /// <summary>Throws when a wait must end.</summary>
    private protected void ThrowIfEnded(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(IsClosing, this);
        if (IsPeerLost)
        {
            ThrowIfNothingIsLeft();
        }
    }

    /// <summary>Makes a cancellation wake the thread that waits in this endpoint.</summary>
    private protected CancellationTokenRegistration WakeWhenCancelled(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static endpoint => ((Endpoint)endpoint!).WakeSelf(), this);

    /// <summary>Wakes the thread that waits in this endpoint, to look again.</summary>
    internal void WakeSelf()
    {
        lock (_memoryLock)
        {
            if (_isMapped)
            {
                _waiter.WakeSelf();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnterAs(int state)
    {
        if ((_state & 1) != 0)
        {
            ThrowRefusal();
        }
        Atomic.StoreRelease(ref _state, state);
        if (IsClosing)
        {
            Atomic.StoreRelease(ref _state, Inside);
            CloseInside();
        }
    }

    /// <summary>
    /// Notes which thread has something in hand, by an address on its stack. The thread's id would do as well, but to ask for it
    /// takes a call, and that a tenth of the time of a message; this is one look, and only <see cref="Dispose"/> has to work. By the
    /// id it is where the system cannot be asked whose stack it is.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void NoteThread()
    {
        byte here;
        nint hand = Syscall.IsPlatform ? (nint)(&here) : Environment.CurrentManagedThreadId;
        if (_hand != hand)
        {
            _hand = hand;
        }
    }

    /// <summary>Whether this is the thread that was noted.</summary>
    private bool IsHandOfThisThread() => Syscall.IsPlatform ? Libc.IsOnThisStack(_hand) : _hand == Environment.CurrentManagedThreadId;

    [DoesNotReturn]
    private void CloseInside()
    {
        Close(unmap: true);
        FreeHand();
        throw new ObjectDisposedException(GetType().FullName);
    }

    private void Close(bool unmap)
    {
        if (!Atomic.CompareExchange(ref _closings, 0, 1))
        {
            return;
        }
        DeathWatch.Unregister(this, _region.Source);
        LeaveSleep();
        if (Atomic.LoadAcquire(ref _state) != Corrupt)
        {
            LeaveRing();
        }
        _waiter.StayAwake();
        Atomic.StoreRelease(ref _state, Closed);
        GiveBackSlot();
        Companions?.Release();
        lock (_memoryLock)
        {
            _isMapped = false;
            _region.Close();
            if (unmap || _isHandFree)
            {
                Unmap();
            }
            else
            {
                _isKept = true;
            }
        }
        // Last: by the end of the connection the other side knows that nothing more comes, and a claim that this one gave up, or its slot,
        // must not hold it up then.
        _link?.Leave(this);
    }

    /// <summary>
    /// Gives the slot back, and wakes the publishers that sleep because of its owner: what the place of one that is gone needs is less,
    /// or nothing.
    /// </summary>
    private void GiveBackSlot()
    {
        Owner.Release();
        _region.Source.Touch();
        if (Role == EndpointRole.Subscriber)
        {
            new Waker(Memory, EndpointRole.Publisher, Signals.Of(_region)).Wake();
        }
    }

    /// <summary>
    /// The one for whose message the memory was kept calls again: it no longer looks at the message. It may do so on another thread than before, as after an await.
    /// </summary>
    private void FreeHand()
    {
        lock (_memoryLock)
        {
            // Whoever closes may not be that far yet: then it takes the memory away itself.
            _isHandFree = true;
            if (_isKept)
            {
                _isKept = false;
                Unmap();
            }
        }
    }

    private void Unmap()
    {
        _region.Unmap();
        Companions?.Unmap();
    }

    [DoesNotReturn]
    private void ThrowRefusal()
    {
        if (IsClosing)
        {
            FreeHand();
            throw new ObjectDisposedException(GetType().FullName);
        }
        throw Refusal();
    }

    private Exception Refusal() => _state switch
    {
        Corrupt => new RingCorruptException((ulong)_corruption!.Position, _corruption.Reason),
        ClaimOpen => new InvalidOperationException("A claim is open: commit or dispose it first. A publisher has one claim at a time."),
        _ => new InvalidOperationException(
            $"This {GetType().Name} is in use by another call, or by one that is awaited and not over. It belongs to one thread at a time: give each thread its own, or take turns."),
    };
}
