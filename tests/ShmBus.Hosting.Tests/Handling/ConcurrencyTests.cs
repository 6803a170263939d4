using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Handling;

/// <summary>Several messages at once: what is acknowledged, and what comes again.</summary>
internal sealed class ConcurrencyTests
{
    private const int Concurrency = 4;

    /// <summary>So many messages may be begun behind one that takes long, that one included.</summary>
    private const int Window = 64;

    private readonly ConcurrentQueue<int> _handled = [];
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _held = [];
    private int _begun;
    private Bus _bus = null!;
    private CapturedLog _log = null!;
    private IHost _publishing = null!;
    private IMessagePublisher<string> _numbers = null!;

    [SetUp]
    public async Task Open()
    {
        _handled.Clear();
        _held.Clear();
        _bus = Bus.InProcess();
        _log = new CapturedLog();
        _publishing = await TestHost.StartAsync(_bus, builder => Small(builder).AddPublisher("numbers", MessageSerializer.Utf8));
        _numbers = _publishing.Publisher<string>();
    }

    [TearDown]
    public void Close()
    {
        _publishing.Dispose();
        _log.Dispose();
        _bus.Dispose();
    }

    [Test]
    public async Task One_that_takes_long_stops_the_others_only_when_the_window_is_full()
    {
        TaskCompletionSource first = Hold(0);
        using IHost host = await StartAsync();
        await _numbers.PublishAllAsync(0, Window + 20);
        Until.True(() => _handled.Count == Window - 1);
        Assert.That(_handled.Max(), Is.EqualTo(Window - 1));
        first.SetResult();
        Until.True(() => _handled.Count == Window + 20);
        await host.StopAsync();
        Assert.That(_bus.InspectTopic("numbers").PendingBytes, Is.Zero);
    }

    [Test]
    public async Task A_ring_smaller_than_the_window_is_no_deadlock()
    {
        TaskCompletionSource first = Hold(0);
        using IHost host = await StartAsync();
        int published = 0;
        // Each takes a fortieth of the ring.
        while (_numbers.TryPublish($"{published}".PadLeft(90)))
        {
            published++;
        }
        Assert.That(published, Is.LessThan(Window));
        ValueTask blocked = _numbers.PublishAsync($"{published}".PadLeft(90));
        Until.True(() => _handled.Count == published - 1);
        Assert.That(blocked.IsCompleted, Is.False);
        first.SetResult();
        await blocked;
        Until.True(() => _handled.Count == published + 1);
        await host.StopAsync();
    }

    [Test]
    public async Task As_many_as_there_may_be_are_handled_at_once_also_when_they_come_one_by_one()
    {
        TaskCompletionSource[] held = [.. Enumerable.Range(0, Concurrency).Select(Hold)];
        using IHost host = await StartAsync();
        for (int i = 0; i < Concurrency; i++)
        {
            await _numbers.PublishAsync($"{i}");
            Until.True(() => _begun == i + 1);
        }
        foreach (TaskCompletionSource one in held)
        {
            one.SetResult();
        }
        Until.True(() => _handled.Count == Concurrency);
        await host.StopAsync();
    }

    [Test]
    public async Task Only_what_has_nothing_unfinished_before_it_is_acknowledged()
    {
        TaskCompletionSource third = Hold(2);
        using (IHost host = await StartAsync())
        {
            await _numbers.PublishAllAsync(0, 10);
            Until.True(() => _handled.Count == 9);
            await host.StopNowAsync();
            Assert.That(_log.Last("StoppedUnfinished")["Unfinished"], Is.EqualTo(8));
        }
        Assert.That(await HandleRestAsync(10), Is.EqualTo(Enumerable.Range(2, 8)));
        third.SetResult();
    }

    [Test]
    public async Task What_ends_after_the_stop_began_is_acknowledged_although_another_does_not_end()
    {
        TaskCompletionSource[] held = [.. Enumerable.Range(0, Concurrency).Select(Hold)];
        using CancellationTokenSource time = new();
        using (IHost host = await StartAsync())
        {
            for (int i = 0; i < 6; i++)
            {
                // So long that the ring shows each that is acknowledged.
                await _numbers.PublishAsync($"{i}".PadLeft(500));
            }
            long each = _bus.InspectTopic("numbers").PublishedBytes / 6;
            Until.True(() => _begun == Concurrency);
            // It has begun when the call returns.
            Task stop = host.StopAsync(time.Token);
            held[0].SetResult();
            held[1].SetResult();
            Until.True(() => _bus.InspectTopic("numbers").PendingBytes == 4 * each);
            await time.CancelAsync();
            await stop;
            Assert.That(_log.Last("StoppedUnfinished")["Unfinished"], Is.EqualTo(2));
        }
        Assert.That(await HandleRestAsync(6), Is.EqualTo(Enumerable.Range(2, 4)));
        held[2].SetResult();
        held[3].SetResult();
    }

    [Test]
    public async Task A_stop_brings_none_again_and_loses_none()
    {
        const int Messages = 20_000;
        using CancellationTokenSource done = new();
        Task publishing = Task.Run(() => _numbers.PublishAllAsync(0, Messages));
        Random random = new(7);
        for (int starts = 0; _handled.Count < Messages; starts++)
        {
            using IHost host = await StartAsync();
            int until = Math.Min(Messages, _handled.Count + random.Next(1, 1000));
            Until.True(() => _handled.Count >= until);
            await host.StopAsync();
            Assert.That(_log.Has("StoppedUnfinished"), Is.False);
        }
        await publishing;
        Assert.That(_handled, Is.EquivalentTo(Enumerable.Range(0, Messages)));
    }

    [TestCase(1)]
    [TestCase(Concurrency)]
    public void Killed_in_the_midst_loses_none_and_brings_again_a_window_at_most(int concurrency)
    {
        const int Messages = 20_000;
        using TestDirectory directory = new();
        using PeerProcess publisher = PeerProcess.Start("publish", directory.Path, "numbers", Messages);
        int[] times = new int[Messages];
        int missing = Messages;
        int kills = 0;
        while (missing > 0)
        {
            using PeerProcess handler = PeerProcess.Start("handle", directory.Path, "numbers", concurrency);
            int limit = kills < 5 ? Math.Max(0, missing - Messages / 8) : 0;
            while (missing > limit)
            {
                Count(handler.ReadLine());
            }
            handler.Kill();
            kills++;
            foreach (string line in handler.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                Count(line);
            }
        }
        int again = times.Sum(static time => time - 1);
        TestContext.Out.WriteLine($"{kills} kills, {again} of {Messages} delivered again");
        Assert.That(times, Has.All.GreaterThan(0));
        Assert.That(again, Is.LessThanOrEqualTo(kills * (concurrency == 1 ? 1 : Window)));
        publisher.CloseInput();
        Assert.That(publisher.ExitCode(), Is.Zero);

        void Count(string line)
        {
            if (times[int.Parse(line, CultureInfo.InvariantCulture)]++ == 0)
            {
                missing--;
            }
        }
    }

    private TaskCompletionSource Hold(int number) => _held[number] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    private static ShmBusBuilder Small(ShmBusBuilder builder) => builder.ConfigureTopic("numbers", static settings => settings.Capacity = 4096);

    private Task<IHost> StartAsync()
    {
        _begun = 0;
        return TestHost.StartAsync(
            _bus,
            builder => Small(builder).AddHandler(
                "numbers", MessageSerializer.Utf8,
                async (_, message, _, _) =>
                {
                    int number = int.Parse(message, CultureInfo.InvariantCulture);
                    Interlocked.Increment(ref _begun);
                    if (_held.TryGetValue(number, out TaskCompletionSource? held))
                    {
                        await held.Task;
                    }
                    _handled.Enqueue(number);
                },
                static settings => settings.Concurrency = Concurrency),
            _log.Capture);
    }

    /// <summary>The next start, in turn: what it gets up to the last one.</summary>
    private async Task<int[]> HandleRestAsync(int count)
    {
        ConcurrentQueue<int> rest = [];
        using IHost host = await TestHost.StartAsync(_bus, builder => Small(builder).AddHandler("numbers", MessageSerializer.Utf8, (_, message, _, _) =>
        {
            rest.Enqueue(int.Parse(message, CultureInfo.InvariantCulture));
            return default;
        }));
        Until.True(() => rest.Contains(count - 1));
        await host.StopAsync();
        return [.. rest];
    }
}
