using System.Diagnostics;
using System.Runtime.InteropServices;
using ShmBus.Async;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.Tests.Async;

/// <summary>Places in the set of a waiter thread, on words that belong to no topic: what only a race would show otherwise.</summary>
internal sealed unsafe class WaiterThreadTests
{
    private uint* _word;
    private CountedSleeper _sleeper = null!;
    private AsyncSleep _sleep = null!;

    [SetUp]
    public void Join()
    {
        _word = (uint*)NativeMemory.AlignedAlloc(64, 64);
        *_word = 7;
        _sleeper = new CountedSleeper();
        _sleep = WaiterThreads.Shared.Join(_word, _sleeper);
    }

    [TearDown]
    public void Leave()
    {
        _sleep.Leave();
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
            Atomic.Increment(_word);
            Signals.Futex.Wake(_word);
            _sleeper.Wait();
            Assert.That(_sleeper.Wakes, Is.EqualTo(i));
        }
    }

    [Test]
    public void Word_that_wakes_nobody_for_long_is_heard_again_when_somebody_sleeps_there()
    {
        for (int i = 0; i < 20; i++)
        {
            Atomic.Increment(_word);
            Signals.Futex.Wake(_word);
            Thread.Sleep(2); // The thread sleeps again between two of them, as a rule.
        }
        Assert.That(_sleeper.Wakes, Is.Zero);
        Assert.That(_sleep.TrySleep(*_word, long.MaxValue), Is.True);
        Thread.Sleep(5);
        Atomic.Increment(_word);
        Signals.Futex.Wake(_word);
        _sleeper.Wait();
    }

    [Test]
    public void Sleep_ends_at_its_deadline_also_when_the_thread_sleeps_for_longer()
    {
        Thread.Sleep(5);
        long deadline = Stopwatch.GetTimestamp() + 20_000_000;
        Assert.That(_sleep.TrySleep(7, deadline), Is.True);
        _sleeper.Wait();
        Assert.That(Stopwatch.GetTimestamp(), Is.GreaterThanOrEqualTo(deadline));
    }
}
