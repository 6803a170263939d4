using System.Diagnostics;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.Async;

/// <summary>
/// A thread that sleeps for many endpoints, on the words of all of them at once, and has those woken whose word changed.
/// </summary>
/// <remarks>
/// <para>The first word that it sleeps on is its own: whoever must have it look anew bumps that one. This is rarely needed, because
/// an endpoint's word stays among those that it sleeps on when nobody sleeps there. The kernel compares a word when the
/// thread goes to sleep, and from then on any wake of the word wakes the thread. So whoever goes to sleep in a place
/// that is armed need tell nobody: either the thread sleeps and is woken by what happens, or it is on its way and finds
/// the word changed.</para>
/// <para>To arm costs a third of a microsecond for each word, so after a wake the thread looks around for a while first, as an
/// endpoint spins before it parks.</para>
/// <para>All words are read with the lock held, and an endpoint leaves with the lock held before it takes its memory away. What the
/// kernel still has of such a word is let go of by a wake.</para>
/// </remarks>
internal sealed unsafe class WaiterThread(WaiterThreads threads, string name, RefusedOption? refused)
{
    /// <summary>All that the kernel takes, but for the control word.</summary>
    internal const int MostPlaces = Libc.FUTEX_WAITV_MAX - 1;

    private const long Millisecond = 1_000_000;

    /// <summary>How long it stays when it has nothing to do: endpoints come and go.</summary>
    private const long Grace = 2_000 * Millisecond;

    // How long a sleep is where it cannot be woken: at first, and in the end, when nothing comes.
    private const long FirstPause = Millisecond;
    private const long LastPause = 10 * Millisecond;

    private readonly Lock _lock = new();
    private readonly List<WaiterPlace> _places = [];
    private readonly List<WaiterPlace> _woken = [];
    private readonly uint[] _control = GC.AllocateArray<uint>(1, pinned: true);
    private bool _isAsleep;
    private long _asleepUntil;
    private long _busyUntil = Stopwatch.GetTimestamp();
    private long _pause = FirstPause;

    /// <summary>Why it only looks now and then, or null.</summary>
    internal RefusedOption? Refused { get; private set; } = refused;

    internal bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _places.Count == 0;
            }
        }
    }

    private uint* Control => (uint*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _control[0]);

    /// <summary>What is refused, where the kernel cannot sleep on many words.</summary>
    internal static RefusedOption? Refusal(ErrorNumber error) =>
        error == ErrorNumber.None ? null : new RefusedOption("Await", ErrnoException.Describe(error, "futex_waitv", null));

    // Without the context of whoever is the first to await: it serves others, and for longer.
    internal void Start() => new Thread(Run) { IsBackground = true, Name = name }.UnsafeStart();

    /// <summary>A place in the set, or null when it is full.</summary>
    internal WaiterPlace? TryJoin(uint* word, IAsyncSleeper sleeper)
    {
        lock (_lock)
        {
            if (_places.Count == MostPlaces && Refused is null)
            {
                return null;
            }
            WaiterPlace place = new(this, word, sleeper);
            _places.Add(place);
            return place;
        }
    }

    internal void Leave(WaiterPlace place)
    {
        lock (_lock)
        {
            _places.Remove(place);
            _busyUntil = Stopwatch.GetTimestamp();
            LookAnew();
        }
    }

    internal bool TrySleep(WaiterPlace place, uint expected, long deadline)
    {
        lock (_lock)
        {
            if (place.Now != expected)
            {
                return false;
            }
            place.Take(expected, deadline);
            if (Refused is null ? !place.IsArmed || deadline < _asleepUntil : _asleepUntil - Stopwatch.GetTimestamp() > LastPause)
            {
                LookAnew();
            }
            return true;
        }
    }

    private void LookAnew()
    {
        if (_isAsleep)
        {
            _isAsleep = false;
            Atomic.Increment(Control);
            Libc.FutexWake(Control);
        }
    }

    private void Run()
    {
        Libc.futex_waitv* words = stackalloc Libc.futex_waitv[Libc.FUTEX_WAITV_MAX];
        SpinBudget budget = new(WaitStrategy.Adaptive);
        long lastWake = Stopwatch.GetTimestamp();
        while (true)
        {
            long now = Stopwatch.GetTimestamp();
            if (TryCollect(now))
            {
                budget.Learn(now - lastWake);
                WakeCollected();
                lastWake = Stopwatch.GetTimestamp();
            }
            else if (Refused is null && now - lastWake < budget.Nanoseconds)
            {
                // Not a spin: those who were woken may need this very processor to go on.
                Thread.Yield();
            }
            else if (!IsOver(now))
            {
                budget.BeforePark();
                Sleep(words, now);
            }
            else if (threads.TryEnd(this))
            {
                return;
            }
        }
    }

    /// <summary>Collects those who are to be woken. True when there are any.</summary>
    private bool TryCollect(long now)
    {
        lock (_lock)
        {
            _isAsleep = false;
            foreach (WaiterPlace place in _places)
            {
                if (place.TryFree(now))
                {
                    _woken.Add(place);
                }
            }
        }
        return _woken.Count > 0;
    }

    /// <summary>Without the lock: they may come back at once, and leave.</summary>
    private void WakeCollected()
    {
        foreach (WaiterPlace place in _woken)
        {
            if (place.Sleeper.WakesInline)
            {
                place.Sleeper.Execute();
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(place.Sleeper, preferLocal: false);
            }
        }
        _woken.Clear();
        _pause = FirstPause;
    }

    private bool IsOver(long now)
    {
        lock (_lock)
        {
            return _places.Count == 0 && now - _busyUntil >= Grace;
        }
    }

    private void Sleep(Libc.futex_waitv* words, long now)
    {
        int count;
        lock (_lock)
        {
            count = Refused is null ? Arm(words) : 1;
            _asleepUntil = _places.Count == 0 ? _busyUntil + Grace : Refused is null ? NextDeadline() : NextLook(now);
            words[0] = Word((ulong)Control, *Control);
            _isAsleep = true;
        }
        long deadline = _asleepUntil == long.MaxValue ? -1 : _asleepUntil;
        if (count == 1)
        {
            Libc.FutexWait(Control, (uint)words[0].val, deadline);
            return;
        }
        ErrorNumber error = Libc.FutexWaitMany(words, count, deadline);
        if (error != ErrorNumber.None)
        {
            lock (_lock)
            {
                // A filter came later.
                Refused = Refusal(error);
            }
        }
    }

    private int Arm(Libc.futex_waitv* words)
    {
        int count = 1;
        foreach (WaiterPlace place in _places)
        {
            if (place.TryArm(out uint value))
            {
                words[count++] = Word(place.Address, value);
            }
        }
        return count;
    }

    private static Libc.futex_waitv Word(ulong address, uint value) => new() { uaddr = address, val = value, flags = Libc.FUTEX_32 };

    private long NextDeadline()
    {
        long next = long.MaxValue;
        foreach (WaiterPlace place in _places)
        {
            next = Math.Min(next, place.Deadline);
        }
        return next;
    }

    /// <summary>When to look again without being woken: as long as anybody sleeps here.</summary>
    private long NextLook(long now)
    {
        if (!_places.Exists(static place => place.IsTaken))
        {
            return long.MaxValue;
        }
        long pause = _pause;
        _pause = Math.Min(_pause * 2, LastPause);
        return now + pause;
    }
}
