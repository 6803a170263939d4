using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.Tests.Async;

/// <summary>Places in the set of the thread that sleeps on eventfds, on one that belongs to no topic: what only a race would show otherwise.</summary>
internal sealed unsafe class EventfdThreadTests
{
    private uint* _word;
    private SafeFileHandle _eventfd = null!;
    private CountedSleeper _sleeper = null!;
    private AsyncSleep _sleep = null!;

    [SetUp]
    public void Join()
    {
        _word = (uint*)NativeMemory.AlignedAlloc(64, 64);
        *_word = 7;
        _eventfd = Libc.Eventfd();
        _sleeper = new CountedSleeper();
        _sleep = EventfdThread.Join(_eventfd, _word, _sleeper);
    }

    [TearDown]
    public void Leave()
    {
        _sleep.Leave();
        _eventfd.Dispose();
        NativeMemory.AlignedFree(_word);
        _sleeper.Dispose();
    }

    [Test]
    public void Word_that_changed_since_it_was_read_refuses_the_sleep()
    {
        Assert.That(_sleep.TrySleep(6, long.MaxValue), Is.False);
        Assert.That(_sleeper.Wakes, Is.Zero);
    }

    [Test]
    public void Each_sleep_is_woken_once()
    {
        for (int i = 1; i <= 100; i++)
        {
            Assert.That(_sleep.TrySleep(*_word, long.MaxValue), Is.True);
            Wake();
            _sleeper.Wait();
            Assert.That(_sleeper.Wakes, Is.EqualTo(i));
            Assert.That(IsReady, Is.False, "its count was taken");
        }
    }

    [Test]
    public void Count_that_was_there_before_wakes()
    {
        Libc.SignalEventfd(_eventfd);
        Assert.That(_sleep.TrySleep(*_word, long.MaxValue), Is.True);
        _sleeper.Wait();
        Assert.That(IsReady, Is.False, "its count was taken");
    }

    [Test]
    public void Count_that_comes_while_nobody_sleeps_is_left_to_whoever_waits_in_another_way([Values] bool endsByDeadline)
    {
        Assert.That(_sleep.TrySleep(*_word, endsByDeadline ? 0 : long.MaxValue), Is.True);
        if (!endsByDeadline)
        {
            Wake();
        }
        _sleeper.Wait();
        Wake();
        Thread.Sleep(20);
        Assert.That(IsReady, Is.True);
        Assert.That(_sleeper.Wakes, Is.EqualTo(1));
    }

    [Test]
    public void Each_sleep_ends_at_its_own_deadline_also_when_the_thread_sleeps_for_longer_or_is_busy([Values] bool isBusy)
    {
        using CountedSleeper other = new();
        using SafeFileHandle otherEventfd = Libc.Eventfd();
        AsyncSleep others = EventfdThread.Join(otherEventfd, _word, other);
        WakeOther(); // From here on the thread sleeps without a limit.
        Thread.Sleep(5);
        long deadline = Clock.Nanoseconds + 20_000_000;
        Assert.That(_sleep.TrySleep(7, deadline), Is.True);
        if (isBusy)
        {
            while (_sleeper.Wakes == 0)
            {
                WakeOther();
            }
        }
        else
        {
            Assert.That(others.TrySleep(7, deadline + 20_000_000), Is.True);
        }
        _sleeper.Wait();
        Assert.That(Clock.Nanoseconds, Is.GreaterThanOrEqualTo(deadline));
        if (!isBusy)
        {
            other.Wait();
            Assert.That(Clock.Nanoseconds, Is.GreaterThanOrEqualTo(deadline + 20_000_000));
        }
        others.Leave();
        Assert.That(_sleep.TrySleep(7, long.MaxValue), Is.True, "a deadline is that of one sleep");
        Thread.Sleep(20);
        Assert.That(_sleeper.Wakes, Is.EqualTo(1));

        void WakeOther()
        {
            Assert.That(others.TrySleep(7, long.MaxValue), Is.True);
            Libc.SignalEventfd(otherEventfd);
            other.Wait();
        }
    }

    private bool IsReady => Libc.WaitEventfd(_eventfd, 0);

    private void Wake()
    {
        Atomic.Increment(_word);
        Libc.SignalEventfd(_eventfd);
    }
}
