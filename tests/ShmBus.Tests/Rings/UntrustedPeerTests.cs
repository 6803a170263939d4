using System.Text;
using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Rings;

/// <summary>
/// Without trust in its peers a subscriber hands out copies: whatever is written over a message later, it stays as it was when it was
/// checked. With trust it hands out what stands in the ring, and the same lies show, so that it is known that they are told.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed unsafe class UntrustedPeerTests : IDisposable
{
    private const int Length = 112; // with its header a whole part of any ring

    private static readonly byte[] Original = Encoding.ASCII.GetBytes("as it was published");

    private readonly TestDirectory _directory = new();
    private readonly Topic _trusting;
    private readonly Topic _untrusting;

    public UntrustedPeerTests()
    {
        TopicOptions options = new() { Capacity = Environment.SystemPageSize };
        _trusting = Topic.OpenOrCreate(_directory.File("t"), options);
        _untrusting = Topic.OpenOrCreate(_directory.File("t"), options with { TrustPeers = false });
    }

    public void Dispose()
    {
        _trusting.Dispose();
        _untrusting.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Message_in_hand_stays_as_it_was_whatever_is_written_over_it(
        [Values] bool trusts, [Values("message", "short", "batch", "extended")] string kind)
    {
        using Publisher publisher = _trusting.CreatePublisher();
        using Subscriber subscriber = (trusts ? _trusting : _untrusting).CreateSubscriber();
        Publish(publisher, kind);
        Assert.That(subscriber.TryRead(out Message message), Is.True);
        Assert.That(IsOriginal(message, kind), Is.True, "before");
        WriteOverAll();
        Assert.That(IsOriginal(message, kind), Is.EqualTo(!trusts), "after");
    }

    [Test]
    public void Rest_of_a_batch_that_was_begun_stays_as_it_was()
    {
        using Publisher publisher = _trusting.CreatePublisher();
        using Subscriber subscriber = _untrusting.CreateSubscriber();
        Publish(publisher, "batch");
        Assert.That(subscriber.TryRead(out _), Is.True);
        WriteOverAll();
        for (int i = 1; i < 3; i++)
        {
            Assert.That(subscriber.TryRead(out Message message), Is.True);
            Assert.That(IsOriginal(message, "batch"), Is.True, $"message {i}");
        }
        Assert.That(subscriber.TryRead(out _), Is.False);
    }

    [Test]
    public void Nothing_is_allocated_for_a_message([Values("message", "short", "batch", "extended")] string kind)
    {
        using Publisher publisher = _trusting.CreatePublisher();
        using Subscriber subscriber = _untrusting.CreateSubscriber();
        long before = 0;
        // By the second round the copy has its memory.
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 5; i++)
            {
                Publish(publisher, kind);
            }
            before = GC.GetAllocatedBytesForCurrentThread();
            while (subscriber.TryRead(out _))
            {
            }
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread(), Is.EqualTo(before));
    }

    [Test]
    public void Two_looks_at_a_message_are_equal_while_a_process_scribbles_over_it()
    {
        using Publisher publisher = _trusting.CreatePublisher();
        using PeerProcess scribbler = PeerProcess.Start("scribble", _trusting.Path!, Length);
        scribbler.Expect("scribbling");
        // As many as show ten changes where they stand in the ring show none in copies.
        int count = 0;
        using (Subscriber subscriber = _trusting.CreateSubscriber())
        {
            for (int changed = 0; changed < 10; count++)
            {
                changed += ChangesInHand(publisher, subscriber) ? 1 : 0;
            }
        }
        using Subscriber wary = _untrusting.CreateSubscriber();
        for (int i = 0; i < Math.Max(count, 1000); i++)
        {
            Assert.That(ChangesInHand(publisher, wary), Is.False);
        }
    }

    private static void Publish(Publisher publisher, string kind)
    {
        switch (kind)
        {
            case "message":
                publisher.Publish(Original, 7);
                break;
            case "short":
                Assert.That(publisher.TryClaim(Length, 7, out Claim claim), Is.True);
                Original.CopyTo(claim.Payload);
                claim.Commit(Original.Length);
                break;
            case "batch":
                MessageBatch batch = new();
                for (int i = 0; i < 3; i++)
                {
                    batch.Add(Original, 7);
                }
                publisher.Publish(batch);
                break;
            default:
                publisher.Publish(Original, 7, new MessageExtras { CorrelationId = Guid.Empty, TraceState = "vendor=1" });
                break;
        }
    }

    private static bool IsOriginal(in Message message, string kind) =>
        message.Payload.SequenceEqual(Original) && message.Type == 7 &&
        (kind != "extended" || (message.CorrelationId == Guid.Empty && message.TraceState.SequenceEqual("vendor=1"u8)));

    /// <summary>The whole ring: stamps, lengths, blocks and payloads.</summary>
    private void WriteOverAll()
    {
        using RegionFile file = RegionFile.Open(_trusting.Path!, RegionOptions.Default, readOnly: false);
        Region region = Region.Map(file, RegionOptions.Default, readOnly: false);
        new Span<byte>(region.Ring().Data, (int)region.Ring().Capacity).Fill(0xFF);
        region.Close();
        region.Unmap();
    }

    private static bool ChangesInHand(Publisher publisher, Subscriber subscriber)
    {
        publisher.Publish(new byte[Length]);
        bool changes = false;
        subscriber.Poll(
            message =>
            {
                byte[] before = message.Payload.ToArray();
                for (int looks = 0; looks < 100 && !changes; looks++)
                {
                    changes = !message.Payload.SequenceEqual(before);
                }
            });
        return changes;
    }
}
