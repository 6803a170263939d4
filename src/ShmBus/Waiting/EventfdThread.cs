using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Waiting;

/// <summary>
/// The thread that sleeps for the endpoints of this process which are awaited where eventfds wake: on the eventfds of all of them at
/// once, by epoll. It begins with the first of them, and ends a while after the last.
/// </summary>
/// <remarks>
/// <para>An eventfd is armed for one wake whenever somebody goes to sleep in its place, so one that nobody sleeps at, whose owner waits in
/// another way, does not wake the thread. The kernel looks at the count when it arms, and the thread takes the count back to 0 before it
/// has the sleeper look; see <see cref="EventfdSignals"/> for why that loses no wake.</para>
/// <para>An endpoint leaves with the lock held before it closes its descriptor, and the thread finds places by a number with the lock
/// held: one that left meanwhile is not found.</para>
/// </remarks>
internal sealed unsafe class EventfdThread
{
    /// <summary>Of the eventfd by which the thread is made to look anew; places are counted from 1.</summary>
    private const ulong Control = 0;

    private const int MostAtOnce = 64;
    private const long Millisecond = 1_000_000;

    /// <summary>How long it stays when it has nothing to do: endpoints come and go.</summary>
    private const long Grace = 2_000 * Millisecond;

    /// <summary>Who comes must not meet the thread when it has ended: one lock for all there is.</summary>
    private static readonly Lock Lock = new();
    private static EventfdThread? s_current;

    private readonly Dictionary<ulong, EventfdPlace> _places = [];
    private readonly List<EventfdPlace> _woken = [];
    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _control;
    private ulong _lastNumber = Control;
    private bool _isAsleep;
    private long _nextDeadline = long.MaxValue;
    private long _busyUntil = Clock.Nanoseconds;

    private EventfdThread()
    {
        _epoll = Libc.EpollCreate();
        Syscall.Check(_epoll.IsInvalid ? -1 : 0, "epoll_create1");
        _control = Libc.Eventfd();
        Syscall.Check(_control.IsInvalid ? -1 : 0, "eventfd");
        Libc.EpollControl(_epoll, Libc.EPOLL_CTL_ADD, _control, Libc.EPOLLIN, Control);
    }

    /// <summary>A place to sleep without a thread of one's own, on an eventfd that stays open until one leaves.</summary>
    /// <exception cref="ErrnoException">There may not be so many descriptors, or so many to wait for.</exception>
    internal static EventfdPlace Join(SafeFileHandle eventfd, uint* word, IAsyncSleeper sleeper)
    {
        lock (Lock)
        {
            if (s_current is null)
            {
                EventfdThread thread = new();
                // Without the context of whoever is the first to await: it serves others, and for longer.
                new Thread(thread.Run) { IsBackground = true, Name = "ShmBus await eventfds" }.UnsafeStart();
                s_current = thread;
            }
            return s_current.Add(eventfd, word, sleeper);
        }
    }

    internal bool TrySleep(EventfdPlace place, uint expected, long deadline)
    {
        lock (Lock)
        {
            if (place.Now != expected)
            {
                return false;
            }
            Libc.EpollControl(_epoll, Libc.EPOLL_CTL_MOD, place.Eventfd, Libc.EPOLLIN | Libc.EPOLLONESHOT, place.Number);
            place.Take(deadline);
            if (deadline < _nextDeadline)
            {
                _nextDeadline = deadline;
                LookAnew();
            }
            return true;
        }
    }

    internal void Leave(EventfdPlace place)
    {
        lock (Lock)
        {
            Libc.EpollControl(_epoll, Libc.EPOLL_CTL_DEL, place.Eventfd, 0, place.Number);
            _places.Remove(place.Number);
            if (_places.Count == 0)
            {
                _busyUntil = Clock.Nanoseconds;
                LookAnew();
            }
        }
    }

    private EventfdPlace Add(SafeFileHandle eventfd, uint* word, IAsyncSleeper sleeper)
    {
        EventfdPlace place = new(this, ++_lastNumber, eventfd, word, sleeper);
        // Not armed yet.
        Libc.EpollControl(_epoll, Libc.EPOLL_CTL_ADD, eventfd, Libc.EPOLLONESHOT, place.Number);
        _places.Add(place.Number, place);
        return place;
    }

    private void LookAnew()
    {
        if (_isAsleep)
        {
            _isAsleep = false;
            Libc.SignalEventfd(_control);
        }
    }

    private void Run()
    {
        Span<ulong> numbers = stackalloc ulong[MostAtOnce];
        SpinBudget budget = new(WaitStrategy.Adaptive);
        long now = Clock.Nanoseconds;
        for (long lastWake = now; !TryEnd(now);)
        {
            bool looksAround = now - lastWake < budget.Nanoseconds;
            if (looksAround)
            {
                // Not a spin: those who were woken may need this very processor to go on.
                Thread.Yield();
            }
            else
            {
                budget.BeforePark();
            }
            int count = Libc.EpollWait(_epoll, numbers, looksAround ? 0 : TimeToSleep(now));
            now = Clock.Nanoseconds;
            if (TryCollect(numbers[..count], now))
            {
                budget.Learn(now - lastWake);
                WakeCollected();
                lastWake = now = Clock.Nanoseconds;
            }
        }
    }

    /// <summary>Until the first deadline, in milliseconds, rounded up: to wake before it would be to spin until it.</summary>
    private int TimeToSleep(long now)
    {
        lock (Lock)
        {
            _isAsleep = true;
            long until = _places.Count == 0 ? _busyUntil + Grace : _nextDeadline;
            return until == long.MaxValue ? -1 : (int)Math.Clamp((until - now + Millisecond - 1) / Millisecond, 0, int.MaxValue);
        }
    }

    /// <summary>Collects those who are to be woken. True when there are any.</summary>
    private bool TryCollect(ReadOnlySpan<ulong> numbers, long now)
    {
        lock (Lock)
        {
            _isAsleep = false;
            foreach (ulong number in numbers)
            {
                if (number == Control)
                {
                    Libc.DrainEventfd(_control);
                }
                else if (_places.TryGetValue(number, out EventfdPlace? place) && place.IsTaken)
                {
                    Libc.DrainEventfd(place.Eventfd);
                    Collect(place);
                }
            }
            if (now >= _nextDeadline)
            {
                _nextDeadline = long.MaxValue;
                foreach (EventfdPlace place in _places.Values)
                {
                    if (now >= place.Deadline)
                    {
                        Collect(place);
                    }
                    _nextDeadline = Math.Min(_nextDeadline, place.Deadline);
                }
            }
        }
        return _woken.Count > 0;

        void Collect(EventfdPlace place)
        {
            place.Free();
            _woken.Add(place);
        }
    }

    /// <summary>Without the lock: they may come back at once, and leave.</summary>
    private void WakeCollected()
    {
        foreach (EventfdPlace place in _woken)
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
    }

    /// <summary>Whether nobody has needed this thread for a while. Nobody joins it from then on.</summary>
    private bool TryEnd(long now)
    {
        lock (Lock)
        {
            if (_places.Count > 0 || now - _busyUntil < Grace)
            {
                return false;
            }
            s_current = null;
            _control.Dispose();
            _epoll.Dispose();
            return true;
        }
    }
}
