using System.Globalization;
using System.Threading.Channels;
using ShmBus.Rings;
using ShmBus.Serialization;
using ShmBus.Tests.Async;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Channels;

/// <summary>Channels from process to process.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ChannelPeerTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly string _path;
    private readonly Topic _topic;

    public ChannelPeerTests()
    {
        _path = _directory.File("t");
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = 4096 });
    }

    public void Dispose()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Messages_and_the_end_come_from_another_process([Values(0, 10)] int local, [Values] bool withError)
    {
        await using TopicChannelReader<long> reader = Reader(local);
        using PeerProcess peer = PeerProcess.Start("channel-write", withError ? [_path, local, 0, 5000, "out of time"] : [_path, local, 0, 5000]);
        peer.WriteLine("complete");
        for (long number = 0; number < 5000; number++)
        {
            Assert.That(await reader.ReadAsync(), Is.EqualTo(number));
        }
        if (withError)
        {
            Assert.That(async () => await reader.ReadAsync(), Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<RemoteWriterException>());
            RemoteWriterException remote = Assert.ThrowsAsync<RemoteWriterException>(async () => await reader.WaitToReadAsync());
            Assert.That((remote.ErrorType, remote.Message), Is.EqualTo((typeof(TimeoutException).FullName, "out of time")));
        }
        else
        {
            Assert.That(async () => await reader.ReadAsync(), Throws.TypeOf<ChannelClosedException>());
            await reader.Completion;
        }
        peer.Expect("written");
        peer.Expect("completed");
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public async Task Messages_and_the_end_go_to_another_process([Values(0, 10)] int local, [Values] bool withError)
    {
        using PeerProcess peer = PeerProcess.Start("channel-read", _path, local);
        await using TopicChannelWriter<long> writer = Writer(local);
        for (long number = 0; number < 1000; number++)
        {
            await writer.WriteAsync(number);
        }
        writer.Complete(withError ? new TimeoutException("out of time") : null);
        await writer.Completion;
        peer.Expect("ready");
        for (long number = 0; number < 1000; number++)
        {
            peer.Expect(number.ToString(CultureInfo.InvariantCulture));
        }
        peer.Expect(withError ? "System.TimeoutException: out of time" : "end");
        Assert.That(peer.ExitCode(), Is.Zero);
        await using TopicChannelReader<long> next = Reader(local);
        Assert.That(next.TryRead(out _), Is.False, "the end is not read twice");
    }

    [Test]
    public async Task A_killed_writer_ends_nothing_and_another_one_goes_on([Values(0, 10)] int local)
    {
        await using TopicChannelReader<long> reader = Reader(local);
        for (int round = 0; round < 3; round++)
        {
            using PeerProcess peer = PeerProcess.Start("channel-write", _path, local, 0, long.MaxValue / 2);
            // At whatever it is doing: the ring is small, so mostly it waits for room, or is about to.
            for (long number = 0; number < 1000 + (round * 37); number++)
            {
                Assert.That(await reader.ReadAsync(), Is.EqualTo(number));
            }
            peer.Kill();
            using Publisher<long> mark = _topic.CreatePublisher(MessageSerializer.Unmanaged<long>());
            await Task.WhenAll(mark.PublishAsync(-1).AsTask(), Task.Run(async () =>
            {
                while (await reader.ReadAsync() != -1)
                {
                }
            }));
        }
        Assert.That(reader.Completion.IsCompleted, Is.False);
        await using TopicChannelWriter<long> writer = Writer(local);
        await writer.WriteAsync(7);
        writer.Complete();
        Assert.That(await reader.ReadAsync(), Is.EqualTo(7));
        Assert.That(await reader.WaitToReadAsync() && reader.TryRead(out _), Is.False);
        await reader.Completion;
    }

    [Test]
    public async Task A_killed_reader_is_followed_by_another_that_gets_what_was_not_done_with()
    {
        await using TopicChannelWriter<long> writer = Writer(0);
        Task writing = Task.Run(async () =>
        {
            for (long number = 0; number < 5000; number++)
            {
                await writer.WriteAsync(number);
            }
            writer.Complete();
        });
        long last = -1;
        for (int round = 1; round <= 3; round++)
        {
            using PeerProcess peer = PeerProcess.Start("channel-read", _path, 0);
            peer.Expect("ready");
            last = ReadOn(peer, last, 1000 * round);
            peer.Kill();
            // What it said and nobody heard yet.
            foreach (string line in peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                last = long.Parse(line, CultureInfo.InvariantCulture);
            }
        }
        await using TopicChannelReader<long> reader = Reader(0);
        List<long> rest = await reader.ReadAllAsync().ToListAsync();
        // One may have been read and not told of.
        Assert.That(rest[0], Is.InRange(last, last + 1));
        Assert.That(rest, Is.EqualTo(Enumerable.Range((int)rest[0], 5000 - (int)rest[0])));
        await writing;

        static long ReadOn(PeerProcess peer, long last, long end)
        {
            for (bool isFirst = true; last < end; isFirst = false)
            {
                long number = long.Parse(peer.ReadLine(), CultureInfo.InvariantCulture);
                Assert.That(number, isFirst ? Is.InRange(last, last + 1) : Is.EqualTo(last + 1));
                last = number;
            }
            return last;
        }
    }

    [Test]
    public async Task A_corrupt_ring_fails_who_reads([Values(0, 10)] int local, [Values] bool isWaiting)
    {
        TopicChannelReader<long> reader = Reader(local);
        Task<long> read = isWaiting ? reader.ReadAsync().AsTask() : Task.FromResult(0L);
        AwaitTroubleTests.WithMemory(_path, static memory => AwaitTroubleTests.StampTooLong(memory));
        if (isWaiting)
        {
            Assert.That(async () => await read, Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<RingCorruptException>());
        }
        Assert.That(async () => await reader.ReadAsync(), Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<RingCorruptException>());
        Assert.That(async () => await reader.Completion, Throws.TypeOf<RingCorruptException>());
        await reader.DisposeAsync();
        Assert.That(_topic.Inspect().Endpoints, Is.Empty);
    }

    [Test]
    public async Task A_corrupt_ring_fails_who_writes([Values(0, 10)] int local)
    {
        await using TopicChannelReader<long> reader = Reader(0);
        TopicChannelWriter<long> writer = Writer(local);
        while (writer.TryWrite(1) || _topic.Inspect().PendingBytes < 4096)
        {
        }
        Task<bool> wait = writer.WaitToWriteAsync().AsTask(); // For a local channel it may be over before.
        AwaitTroubleTests.WithMemory(_path, static memory => AwaitTroubleTests.MoveGateBeyondTail(memory));
        Assert.That(async () => await writer.Completion, Throws.TypeOf<RingCorruptException>());
        Assert.That(async () => await writer.WriteAsync(2), Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<RingCorruptException>());
        if (local == 0)
        {
            Assert.That(async () => await wait, Throws.TypeOf<RingCorruptException>());
        }
        Assert.That(writer.TryComplete(), Is.False);
        await writer.DisposeAsync();
    }

    [Test]
    public async Task A_bounded_local_channel_takes_what_the_ring_does_not()
    {
        TopicChannelWriter<long> writer = Writer(10_000);
        for (long number = 0; number < 10_000; number++)
        {
            Assert.That(writer.TryWrite(number), Is.True, "the ring takes 128");
        }
        Task left = writer.DisposeAsync().AsTask();
        await using TopicChannelReader<long> reader = Reader(0);
        for (long number = 0; number < 10_000; number++)
        {
            Assert.That(await reader.ReadAsync(), Is.EqualTo(number));
        }
        await left;
        Assert.That(reader.Completion.IsCompleted, Is.False);
    }

    [Test]
    public void Options_out_of_bounds_are_refused_by_name()
    {
        Assert.That(() => Reader(-1), Throws.ArgumentException.With.Message.Contains("LocalCapacity"));
        Assert.That(() => _topic.CreateChannelReader(MessageSerializer.Utf8, new TopicChannelOptions { Writers = -1 }), Throws.ArgumentException.With.Message.Contains("Writers"));
        Assert.That(_topic.Inspect().Endpoints, Is.Empty);
    }

    private TopicChannelReader<long> Reader(int local) =>
        _topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), new TopicChannelOptions { LocalCapacity = local });

    private TopicChannelWriter<long> Writer(int local) =>
        _topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), new TopicChannelOptions { LocalCapacity = local });
}
