using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Broadcast;

/// <summary>Processes on a topic that evicts: one that is stopped or dead is waited for no longer, and nobody else is evicted.</summary>
internal sealed class EvictionKillTests
{
    private const ulong Seed = 1;

    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
    }

    [TearDown]
    public void TearDown()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Place_whose_owner_was_killed_while_it_joined_is_given_up_like_any_other()
    {
        Create(4096);
        using Publisher publisher = _topic.CreatePublisher();
        _topic.CreateSubscriber(place: "billing").Dispose();
        using (PeerProcess killed = PeerProcess.Start("die-while-joining", _path, "billing"))
        {
            Assert.That(killed.ExitCode(), Is.EqualTo(128 + 9));
        }
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        using Subscriber subscriber = _topic.CreateSubscriber(place: "billing");
        Assert.That(BroadcastContract.Numbers(subscriber).Length + subscriber.MissedBytes / 32, Is.EqualTo(1000));
    }

    [Test]
    public void Reader_stopped_in_a_copy_is_evicted_and_told_and_the_others_get_everything([Values(16384, 1 << 22)] int capacity)
    {
        const int rounds = 20;
        Create(capacity);
        using Publisher publisher = _topic.CreatePublisher();
        using PeerProcess first = StartReader();
        using PeerProcess second = StartReader();
        using PeerProcess stopped = StartReader();
        Steps steps = new(Seed, _topic.MaxMessageLength);
        long step = 0;
        for (int round = 0; round < rounds; round++)
        {
            for (long end = step + 20 + Random.Shared.Next(20); step < end; step++)
            {
                AwaitReaders([first, second, stopped]);
                steps.Publish(publisher, step);
            }
            // At once: as a rule it is copying what was published last.
            stopped.Stop();
            // Until nothing of what it was copying is left.
            for (long end = Published + 2 * capacity; Published < end; step++)
            {
                AwaitReaders([first, second]);
                steps.Publish(publisher, step);
            }
            Assert.That(Slot(stopped).IsEvicted, Is.True);
            stopped.Continue();
            stopped.Expect("evicted");
            stopped.Expect("ready");
        }
        Assert.That(Figures(first), Is.EqualTo(new[] { Published, 0, 0, 0 }));
        Assert.That(Figures(second), Is.EqualTo(new[] { Published, 0, 0, 0 }));
        Assert.That(Figures(stopped)[3], Is.EqualTo(rounds));
    }

    [Test]
    public void Who_joins_under_load_is_not_evicted_for_it()
    {
        const int messages = 20_000;
        Create(65536);
        using Publisher publisher = _topic.CreatePublisher();
        PeerProcess[] visitors = [.. Enumerable.Range(0, 3).Select(_ => PeerProcess.Start("visit", _path, Seed, 1))];
        try
        {
            Array.ForEach(visitors, static visitor => visitor.Expect("ready"));
            NumberedMessages row = new(Seed, _topic.MaxMessageLength);
            long checkedAt = 0;
            for (int i = 0; i < messages; i++)
            {
                if (Published - checkedAt > _topic.Capacity / 16)
                {
                    AwaitReaders();
                    checkedAt = Published;
                }
                publisher.Publish(row[i]);
            }
            foreach (PeerProcess visitor in visitors)
            {
                visitor.CloseInput();
                TestContext.Out.WriteLine($"visits and messages: {visitor.ReadLine()}");
                Assert.That(visitor.ExitCode(), Is.Zero);
            }
        }
        finally
        {
            Array.ForEach(visitors, static visitor => visitor.Dispose());
        }
    }

    [Test]
    public void Kept_place_of_a_killed_subscriber_that_lags_is_given_up_and_its_successor_told()
    {
        const int messages = 10_000;
        Create(4096);
        using Publisher publisher = _topic.CreatePublisher();
        using PeerProcess killed = PeerProcess.Start("hold-subscriber", _path, "billing");
        killed.Expect("holding");
        for (int i = 0; i < messages; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
            if (i == 20)
            {
                killed.Kill();
            }
        }
        using Subscriber successor = _topic.CreateSubscriber(place: "billing");
        int[] numbers = BroadcastContract.Numbers(successor);
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(messages - numbers.Length, numbers.Length)));
        Assert.That(numbers.Length + successor.MissedBytes / 32, Is.EqualTo(messages));
    }

    private long Published => _topic.Inspect().PublishedBytes;

    private void Create(int capacity) =>
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = capacity, Delivery = Delivery.Broadcast, EvictionLag = capacity });

    private PeerProcess StartReader()
    {
        PeerProcess reader = PeerProcess.Start("skim", _path, Seed, 0);
        reader.Expect("ready");
        return reader;
    }

    private EndpointInfo Slot(PeerProcess reader) => _topic.Inspect().Endpoints.Single(endpoint => endpoint.ProcessId == reader.Id);

    /// <summary>Waits until some readers, or all that are there, lag little: what is published next evicts none of them.</summary>
    private void AwaitReaders(PeerProcess[]? readers = null) => Until.True(() => _topic.Inspect().Endpoints.All(endpoint =>
        endpoint.Role == ShmBus.Rings.EndpointRole.Publisher ||
        (readers is not null && !readers.Any(reader => reader.Id == endpoint.ProcessId)) ||
        endpoint.PendingBytes <= _topic.Capacity / 4));

    /// <summary>The bytes that a reader got, missed and passed by, and how often it was evicted, when it has read to the last.</summary>
    private static long[] Figures(PeerProcess reader)
    {
        reader.CloseInput();
        string line = reader.ReadLine();
        Assert.That(reader.ExitCode(), Is.Zero);
        return [.. line.Split(' ').Select(static figure => long.Parse(figure, CultureInfo.InvariantCulture))];
    }
}
