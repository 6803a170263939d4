using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Waiting;

/// <summary>The eventfds of a region: whose is which, and how one sleeps on them. What only a race would show otherwise.</summary>
internal sealed unsafe partial class EventfdTests
{
    private const int Publishers = 3;
    private const int Subscribers = 2;
    private const ulong Full = ulong.MaxValue - 1;

    private Region _region = null!;
    private RingMemory _memory;
    private Signals _signals = null!;

    private RegionEvents Events => _region.Source.Events!;

    private uint* Word => _memory.Slot(EndpointRole.Subscriber, 1).FutexWord;

    [SetUp]
    public void Map()
    {
        TopicOptions options = new() { Publishers = Publishers, Delivery = Delivery.Broadcast, Subscribers = Subscribers };
        using RegionFile file = RegionFile.CreateAnonymous(options.ToHeader(), RegionOptions.Default, hasEvents: true);
        _region = Region.Map(file, RegionOptions.Default, readOnly: false);
        _memory = new RingMemory(_region.Address, _region.Geometry, _region.Header.Key);
        _signals = Signals.Of(_region);
    }

    [TearDown]
    public void Unmap()
    {
        _region.Close();
        _region.Unmap();
    }

    [Test]
    public void There_is_one_for_each_slot_publishers_first()
    {
        Assert.That(Events.Handles, Has.Count.EqualTo(Publishers + Subscribers));
        int expected = 0;
        foreach ((EndpointRole role, int count) in new[] { (EndpointRole.Publisher, Publishers), (EndpointRole.Subscriber, Subscribers) })
        {
            for (int i = 0; i < count; i++, expected++)
            {
                _signals.Wake(_memory.Slot(role, i).FutexWord);
                Assert.That(TakeReady(), Is.EqualTo(new[] { expected }), $"{role} {i}");
            }
        }
    }

    [Test]
    public void Each_holder_has_descriptors_of_its_own_that_lead_to_the_same_and_are_neither_inherited_nor_block()
    {
        RegionSource other = _region.Source.Reopen(RegionOptions.Default, readOnly: false);
        Libc.SignalEventfd(other.Events!.Handles[2]);
        other.Dispose();
        Assert.That(TakeReady(), Is.EqualTo(new[] { 2 }));
        Assert.That(Events.Handles.Select(FlagsOf), Is.All.EqualTo(Libc.O_RDWR | Libc.O_CLOEXEC | Libc.EFD_NONBLOCK));
    }

    [Test]
    public void Who_only_looks_gets_none()
    {
        using RegionSource observer = _region.Source.Reopen(RegionOptions.Default, readOnly: true);
        Assert.That(observer.Events, Is.Null);
    }

    [Test]
    public void Wake_that_came_first_ends_one_sleep_and_not_the_next()
    {
        _signals.Wake(Word);
        _signals.Wake(Word);
        _signals.Sleep(Word, *Word, deadline: -1);
        Assert.That(SleepsUntilDeadline(), Is.True);
    }

    [Test]
    public void Word_that_changed_ends_the_sleep_before_it_begins()
    {
        uint expected = *Word;
        Atomic.Increment(Word);
        _signals.Sleep(Word, expected, deadline: -1);
        _signals.Wake(Word); // The waker is that far only now.
        _signals.Sleep(Word, *Word, deadline: -1);
        Assert.That(SleepsUntilDeadline(), Is.True);
    }

    [Test]
    public void Full_count_wakes_and_does_not_stop_the_waker()
    {
        Assert.That(eventfd_write(Events.Handles[Publishers + 1], Full), Is.Zero);
        _signals.Wake(Word);
        _signals.Sleep(Word, *Word, deadline: -1);
        Assert.That(SleepsUntilDeadline(), Is.True);
    }

    [Test]
    public void Those_that_were_handed_over_are_checked([Values("as they are", "one too few", "one that blocks", "another kind", "for an observer")] string how)
    {
        SafeFileHandle[] passed = [.. Events.Handles.Select(static handle => Libc.Duplicate(handle))];
        switch (how)
        {
            case "one too few":
                passed[^1].Dispose();
                passed = passed[..^1];
                break;
            case "one that blocks":
                passed[2].Dispose();
                passed[2] = new SafeFileHandle(eventfd(0, Libc.EFD_CLOEXEC), ownsHandle: true);
                break;
            case "another kind":
                passed[2].Dispose();
                passed[2] = Libc.InotifyInit(); // Which does not block.
                break;
        }
        SafeFileHandle region = ((RegionFile)_region.Source).OpenToPass(readOnly: how == "for an observer");
        if (how == "as they are")
        {
            using RegionFile file = Take();
            Libc.SignalEventfd(file.Events!.Handles[4]);
            Assert.That(TakeReady(), Is.EqualTo(new[] { 4 }));
            return;
        }
        Assert.That(Take, Throws.TypeOf<RegionTypeException>().With.Message.Contain("(passed)").And.Message.Contain("eventfd"));
        Assert.That(passed.Append(region).Select(static handle => handle.IsClosed), Is.All.True, "what cannot be used is closed");

        RegionFile Take() => RegionFile.FromPassed(region, passed, "(passed)", Libc.geteuid(), readOnly: how == "for an observer");
    }

    /// <summary>Those with a count, which is taken.</summary>
    private int[] TakeReady()
    {
        int[] ready = [.. Enumerable.Range(0, Events.Handles.Count).Where(i => Libc.WaitEventfd(Events.Handles[i], 0))];
        Array.ForEach(ready, i => Libc.DrainEventfd(Events.Handles[i]));
        return ready;
    }

    private bool SleepsUntilDeadline()
    {
        long deadline = Clock.Nanoseconds + 20_000_000;
        _signals.Sleep(Word, *Word, deadline);
        return Clock.Nanoseconds >= deadline;
    }

    private static int FlagsOf(SafeFileHandle handle)
    {
        const string field = "flags:";
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{handle.DangerousGetHandle()}");
        string line = File.ReadLines(path).First(static line => line.StartsWith(field, StringComparison.Ordinal));
        return Convert.ToInt32(line[field.Length..].Trim(), 8);
    }

    [LibraryImport("libc")]
    private static partial int eventfd(uint count, int flags);

    [LibraryImport("libc")]
    private static partial int eventfd_write(SafeFileHandle fd, ulong value);
}
