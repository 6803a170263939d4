using ShmBus.Interleavings.Checking;
using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings.Actors;

/// <summary>What an actor is up to.</summary>
internal enum Condition
{
    /// <summary>A successor whose predecessor lives.</summary>
    Absent,

    /// <summary>It could take a step.</summary>
    Ready,

    /// <summary>Asleep until woken.</summary>
    Parked,

    /// <summary>It has done what it was to do, and lives.</summary>
    Done,

    /// <summary>Killed.</summary>
    Dead,
}

/// <summary>
/// One process, imitated by a thread of its own, of which one at a time has its turn. It keeps the turn until the scheduler, which
/// is asked before each access to shared memory, gives it to another.
/// </summary>
internal abstract unsafe class Actor : IDisposable
{
    [ThreadStatic]
    private static Actor? t_current;

    private readonly Explorer _explorer;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _turn = new(0);
    private int _run;
    private bool _wasWoken;

    /// <param name="explorer">Whose turns it takes.</param>
    /// <param name="world">What it works on.</param>
    /// <param name="name">Short, for traces.</param>
    /// <param name="role">What it is.</param>
    /// <param name="slot">The slot that it takes, or has already.</param>
    protected Actor(Explorer explorer, World world, string name, EndpointRole role, int slot)
    {
        _explorer = explorer;
        World = world;
        Name = name;
        Role = role;
        Slot = slot;
        _thread = new Thread(TakeTurns, maxStackSize: 256 * 1024) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Whose code this thread runs.</summary>
    internal static Actor Current => t_current ?? throw new InvalidOperationException("Only actors touch the ring.");

    internal string Name { get; }

    internal EndpointRole Role { get; }

    internal int Slot { get; }

    /// <summary>Who may take over the slot when this one is dead.</summary>
    internal Actor? Successor { get; init; }

    internal Condition Condition { get; private set; }

    /// <summary>Whether it has the lock on its slot: it lives, and has come.</summary>
    internal bool HasLock { get; private set; }

    /// <summary>Of what it was told by its loads so far, which is all that its further steps depend on. 0 where there are none.</summary>
    internal ulong History { get; private set; }

    /// <summary>Whether it did more than load since this was said to be false: until then a kill is the same as a moment ago.</summary>
    internal bool HasChanged { get; set; }

    /// <summary>Whether a look that finds nothing would be repeated instead of ending in sleep.</summary>
    internal bool WasWoken => _wasWoken;

    protected World World { get; }

    protected Fault Fault => World.Scenario.Fault;

    /// <summary>Puts it at its beginning.</summary>
    internal void Reset(bool isAbsent)
    {
        Condition = isAbsent ? Condition.Absent : Condition.Ready;
        HasLock = HasChanged = false;
        History = 0;
        _wasWoken = false;
        Begin();
    }

    /// <summary>Runs something as this actor on the calling thread, before the schedule begins.</summary>
    internal void Prepare(Action action)
    {
        t_current = this;
        try
        {
            action();
        }
        finally
        {
            t_current = null;
        }
    }

    /// <summary>Takes the slot and sets up its end of the ring.</summary>
    internal abstract void Join();

    /// <summary>Its turn: it goes on until it must give it away.</summary>
    internal void GiveTurn() => _turn.Release();

    /// <summary>Sleeps until its next turn.</summary>
    internal void AwaitTurn()
    {
        _turn.Wait();
        if (_run != _explorer.Run)
        {
            throw new RunOverException();
        }
    }

    /// <summary>The predecessor is dead.</summary>
    internal void Appear() => Condition = Condition.Ready;

    internal void Die()
    {
        Condition = Condition.Dead;
        HasLock = HasChanged = false;
        History = 0;
    }

    /// <summary>Another may go on here, or this one may be killed. What it did since its last step, others may have noticed.</summary>
    internal void Step()
    {
        HasChanged = true;
        Pause();
    }

    internal ulong Load(ulong* field)
    {
        Pause();
        ulong value = World.Load(this, field);
        World.Note(this, "loads", field, value);
        Learn(value);
        return value;
    }

    internal uint Load(uint* field)
    {
        Pause();
        uint value = World.Load(this, field);
        World.Note(this, "loads", field, value);
        Learn(value);
        return value;
    }

    internal void Store(ulong* field, ulong value)
    {
        Pause();
        World.Note(this, "stores", field, value);
        HasChanged = true;
        World.Store(this, field, value);
    }

    internal void Store(uint* field, uint value)
    {
        Pause();
        World.Note(this, "stores", field, value);
        HasChanged = true;
        *field = value;
    }

    internal bool CompareExchange(ulong* field, ulong expected, ulong value)
    {
        Pause();
        if (Fault == Fault.EvictsByStateAlone && (uint)value == (uint)SlotState.Evicted && (uint)*field == (uint)expected)
        {
            (expected, value) = (*field, (*field & ~(ulong)uint.MaxValue) | (uint)value);
        }
        bool succeeds = *field == expected || (Fault == Fault.MovesTailUnconditionally && field == World.Memory.Tail);
        World.Note(this, succeeds ? "exchanges" : "fails to exchange", field, value);
        Learn(succeeds ? 2ul : 3ul);
        if (succeeds)
        {
            HasChanged = true;
            World.Store(this, field, value);
        }
        return succeeds;
    }

    /// <summary>What a waker does to it: bump, wake.</summary>
    internal void BeWoken()
    {
        _wasWoken = true;
        if (Condition == Condition.Parked)
        {
            Condition = Condition.Ready;
        }
    }

    /// <summary>What it does.</summary>
    protected abstract void Live();

    /// <summary>Forgets the last run.</summary>
    protected abstract void Begin();

    /// <summary>Takes the lock on the slot of a dead owner, and clears what that may have left: as SlotOwner.Occupy does.</summary>
    protected void Occupy()
    {
        Pause();
        HasLock = true;
        HasChanged = true;
        RingSlot slot = World.Memory.Slot(Role, Slot);
        if (Role == EndpointRole.Publisher)
        {
            Atomic.StoreRelease(slot.Generation, *slot.Generation + 1);
            if (Fault != Fault.TakeOverKeepsIntent)
            {
                Atomic.StoreRelease(slot.Intent, 0);
            }
        }
    }

    /// <summary>Frees the lock: as SlotOwner.Release does.</summary>
    protected void Vacate()
    {
        uint* state = World.Memory.Slot(Role, Slot).State;
        if (Atomic.LoadAcquire(state) != (uint)SlotState.Evicted)
        {
            Atomic.StoreRelease(state, (uint)SlotState.Free);
        }
        Step();
        HasLock = false;
    }

    /// <summary>Wakes each endpoint of the other kind.</summary>
    protected void WakeOthers()
    {
        foreach (Actor other in World.Actors)
        {
            bool mayWaitForClaim = Role == EndpointRole.Publisher && other != this && World.Memory.AreClaimsBounds;
            if ((other.Role != Role || mayWaitForClaim) && other.HasLock)
            {
                Pause();
                World.Note(this, "wakes", other.Name);
                other.BeWoken();
                HasChanged = true;
            }
        }
    }

    /// <summary>Waits as Waiter does: say so, look once more, sleep unless woken since.</summary>
    protected void ParkUntil(Func<bool> look)
    {
        while (true)
        {
            Pause();
            _wasWoken = false;
            if (look())
            {
                return;
            }
            if (!_wasWoken)
            {
                World.Note(this, "parks");
                Condition = Condition.Parked;
                _explorer.PassOn();
                AwaitTurn();
            }
        }
    }

    /// <summary>Asks whether somebody holds the lock of a slot: a system call.</summary>
    protected bool IsAlive(EndpointRole role, int slot)
    {
        Pause();
        bool isAlive = World.IsAlive(role, slot);
        World.Note(this, isAlive ? "finds alive:" : "finds dead:", role == EndpointRole.Publisher ? "a publisher" : "a subscriber");
        Learn(isAlive ? 4ul : 5ul);
        return isAlive;
    }

    private void Pause()
    {
        Learn(1);
        _explorer.Point(this);
    }

    /// <summary>Its further steps depend on this as well.</summary>
    internal void Learn(ulong value) => History = Hash.Mix(History, value);

    private void TakeTurns()
    {
        t_current = this;
        _turn.Wait();
        while (!_explorer.IsClosing)
        {
            _run = _explorer.Run;
            try
            {
                Live();
                World.Note(this, "is done");
                Condition = Condition.Done;
                History = 0;
                _explorer.PassOn();
                _turn.Wait();
            }
            catch (RunOverException)
            {
                // It has the first turn of another run.
            }
            catch (KilledException)
            {
                _turn.Wait();
            }
            catch (Exception exception)
            {
                _explorer.Fail($"{Name}: {(exception is ViolationException ? exception.Message : exception)}");
                _turn.Wait();
            }
        }
    }

    /// <summary>Ends the thread; the explorer is closing.</summary>
    public void Dispose()
    {
        GiveTurn();
        _thread.Join();
        _turn.Dispose();
    }
}

/// <summary>The actor is killed here: nothing more of it happens.</summary>
internal sealed class KilledException : Exception;

/// <summary>The run that the actor was in the middle of is over.</summary>
internal sealed class RunOverException : Exception;
