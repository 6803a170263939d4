using System.Diagnostics;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Queue;

/// <summary>Messages with a timestamp, a correlation id, a trace; whatever kind of ring they go through.</summary>
[TestFixture(1, false)]
[TestFixture(3, false)]
[TestFixture(3, true)]
internal sealed class ExtrasTests(int publishers, bool lanes)
{
    private const int Capacity = 4096;

    private static readonly MessageExtras All = new()
    {
        Timestamp = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.FromHours(2)).AddTicks(1),
        CorrelationId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        TraceContext = new TraceContext(new UInt128(0x0af7651916cd43dd, 0x8448eb211c80319c), 0xb7ad6b7169203331, ActivityTraceFlags.Recorded),
        TraceState = "vendor=1,other=2",
    };

    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private Publisher _publisher = null!;
    private Subscriber _subscriber = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = Topic.OpenOrCreate(_directory.File("topic"), new TopicOptions { Capacity = Capacity, Publishers = publishers, Lanes = lanes });
        _publisher = _topic.CreatePublisher();
        _subscriber = _topic.CreateSubscriber();
    }

    [TearDown]
    public void Close()
    {
        _publisher.Dispose();
        _subscriber.Dispose();
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Each_combination_arrives_as_it_was_given([Range(0, 15)] int fields)
    {
        MessageExtras extras = new()
        {
            Timestamp = (fields & 1) == 0 ? null : All.Timestamp,
            CorrelationId = (fields & 2) == 0 ? null : All.CorrelationId,
            TraceContext = (fields & 4) == 0 ? null : All.TraceContext,
            TraceState = (fields & 8) == 0 ? null : All.TraceState,
        };
        Assert.That(_publisher.TryPublish("tried"u8, 1, extras), Is.True);
        _publisher.Publish("waited"u8, 2, extras);
        Assert.That(_publisher.TryClaim(7, 3, extras, out Claim claim), Is.True);
        "claimed"u8.CopyTo(claim.Payload);
        claim.Commit();
        Expect("tried"u8, 1, extras);
        Expect("waited"u8, 2, extras);
        Expect("claimed"u8, 3, extras);
    }

    [Test]
    public void Message_without_extras_has_none()
    {
        _publisher.Publish("plain"u8, 1);
        _publisher.Publish("none"u8, 1, default(MessageExtras));
        long first = ExpectAt("plain"u8, 1, default);
        Assert.That(ExpectAt("none"u8, 1, default), Is.EqualTo(first + 32), "it takes up what a plain one does");
        Assert.That(_subscriber.TryRead(out Message none), Is.False);
        Assert.That(none.Timestamp, Is.Null);
        Assert.That(none.TraceState.Length + none.Payload.Length, Is.Zero);
    }

    [Test]
    public void Messages_with_and_without_extras_keep_their_order([Values(1, 3, int.MaxValue)] int limit)
    {
        MessageBatch batch = new();
        batch.Add("2"u8);
        batch.Add("3"u8);
        _publisher.Publish("0"u8);
        _publisher.Publish("1"u8, 0, All);
        _publisher.Publish(batch);
        _publisher.Publish("4"u8, 0, All);
        _publisher.Publish("5"u8);
        string seen = "";
        while (_subscriber.Poll(message => seen += (char)message.Payload[0] + (message.CorrelationId is null ? "" : "+"), limit) > 0)
        {
        }
        Assert.That(seen, Is.EqualTo("01+234+5"));
    }

    [Test]
    public void Claim_with_extras_can_be_committed_with_any_shorter_length()
    {
        for (int claimed = 0; claimed < 40; claimed++)
        {
            for (int length = 0; length <= claimed; length++)
            {
                byte[] payload = new byte[length];
                Random.Shared.NextBytes(payload);
                Assert.That(_publisher.TryClaim(claimed, 5, All, out Claim claim), Is.True);
                Assert.That(claim.Payload.Length, Is.EqualTo(claimed));
                payload.CopyTo(claim.Payload);
                claim.Commit(length);
                Expect(payload, 5, All);
            }
        }
    }

    [Test]
    public void Claim_with_extras_ends_as_any_other()
    {
        Assert.That(_publisher.TryClaim(40, 0, All, out Claim aborted), Is.True);
        Assert.That(aborted.IsOpen, Is.True);
        Assert.Throws<InvalidOperationException>(() => _publisher.TryPublish([]));
        Assert.That(Fails<ArgumentOutOfRangeException>(aborted, 41), Is.True);
        Assert.That(Fails<ArgumentOutOfRangeException>(aborted, -1), Is.True);
        aborted.Dispose();
        Assert.That(aborted.IsOpen, Is.False);
        Assert.That(_publisher.TryClaim(40, 0, All, out Claim committed), Is.True);
        Assert.That(Fails<InvalidOperationException>(aborted, 40), Is.True, "one that has ended");
        Claim copy = committed;
        copy.Commit(1);
        Assert.That(Fails<InvalidOperationException>(committed, 1), Is.True, "by this copy or another");
        committed.Dispose();
        _publisher.TryClaim(40, 0, All, out _);
        _publisher.Dispose();
        using Publisher next = _topic.CreatePublisher();
        next.Publish("next"u8);
        Assert.That(_subscriber.Read().Payload.Length, Is.EqualTo(1));
        Expect("next"u8, 0, default);
        Assert.That(_subscriber.Losses, Is.Zero);
    }

    [Test]
    public void Publisher_adds_the_time_while_it_is_told_to()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        _publisher.AddsTimestamp = true;
        _publisher.Publish([]);
        Assert.That(_publisher.TryPublish([1]), Is.True);
        Assert.That(_publisher.TryClaim(2, out Claim claim), Is.True);
        claim.Commit();
        DateTimeOffset after = DateTimeOffset.UtcNow;
        _publisher.Publish([1, 2, 3], 0, All);
        _publisher.AddsTimestamp = false;
        _publisher.Publish("plain"u8);
        for (int i = 0; i < 3; i++)
        {
            Message message = _subscriber.Read();
            Assert.That(message.Payload.Length, Is.EqualTo(i));
            Assert.That(message.Timestamp, Is.InRange(before, after));
            before = message.Timestamp!.Value;
        }
        Assert.That(_subscriber.Read().Timestamp, Is.EqualTo(All.Timestamp), "what is given wins");
        Expect("plain"u8, 0, default);
    }

    [Test]
    public void Time_that_is_added_is_that_of_the_message_and_not_of_the_wait_for_room()
    {
        _publisher.AddsTimestamp = true;
        while (_publisher.TryPublish(new byte[1000]) || _publisher.TryPublish([]))
        {
        }
        Task publishing = Task.Run(() => _publisher.Publish("last"u8));
        Assert.That(publishing.Wait(TimeSpan.FromMilliseconds(50)), Is.False, "there is no room");
        DateTimeOffset hadRoom = DateTimeOffset.UtcNow;
        DateTimeOffset? last = null;
        while (last is null)
        {
            Message message = _subscriber.Read();
            last = message.Payload.Length == 4 ? message.Timestamp : null;
        }
        publishing.Wait();
        Assert.That(last, Is.GreaterThanOrEqualTo(hadRoom));
    }

    [Test]
    public void Publisher_adds_the_trace_of_the_current_activity()
    {
        _publisher.AddsTraceContext = true;
        _publisher.Publish("none"u8);
        using Activity activity = new("publishing") { TraceStateString = "vendor=1" };
        activity.SetIdFormat(ActivityIdFormat.W3C).Start();
        _publisher.Publish("added"u8);
        _publisher.Publish("given"u8, 0, All);
        activity.TraceStateString = "höher=1";
        _publisher.Publish("without its state"u8);
        activity.Stop();
        Expect("none"u8, 0, default);
        MessageExtras own = new() { TraceContext = TraceContext.From(activity.Context), TraceState = "vendor=1" };
        Assert.That(own.TraceContext.ToString(), Is.EqualTo(activity.Id));
        Expect("added"u8, 0, own);
        Expect("given"u8, 0, All);
        Expect("without its state"u8, 0, own with { TraceState = null });
    }

    [Test]
    public void Activity_in_one_process_is_the_parent_of_one_in_another()
    {
        using PeerProcess peer = PeerProcess.Start("publish-in-activity", CloseForPeer());
        string id = peer.ReadLine();
        using ActivitySource source = new($"{nameof(ExtrasTests)}-{publishers}-{lanes}");
        using ActivityListener listener = new()
        {
            ShouldListenTo = other => other == source,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        Message message = _subscriber.Read();
        Assert.That(message.Payload.SequenceEqual("in an activity"u8), Is.True);
        using Activity? handling = source.StartActivity("handling", ActivityKind.Consumer, message.GetParentContext());
        Assert.Multiple(() =>
        {
            Assert.That(handling?.ParentId, Is.EqualTo(id));
            Assert.That(handling?.TraceStateString, Is.EqualTo("vendor=1"));
            Assert.That(handling?.HasRemoteParent, Is.True);
        });
    }

    [Test]
    public void Message_without_a_trace_is_nobodys_child()
    {
        _publisher.Publish([], 0, new MessageExtras { CorrelationId = All.CorrelationId, TraceState = All.TraceState });
        Assert.That(_subscriber.Read().GetParentContext(), Is.EqualTo(default(ActivityContext)));
    }

    [Test]
    public void Extras_count_as_part_of_the_message()
    {
        byte[] longest = new byte[_topic.MaxMessageLength - All.Length];
        Random.Shared.NextBytes(longest);
        Assert.That(All.Length, Is.EqualTo(8 + 8 + 16 + 32 + 24));
        Assert.That(default(MessageExtras).Length, Is.Zero);
        for (int i = 0; i < 2 * Capacity / 16; i++)
        {
            _publisher.Publish(longest, 0, All);
            Expect(longest, 0, All);
            // One unit on, so that the next one begins at another offset.
            _publisher.Publish([]);
            Expect([], 0, default);
        }
        MessageTooLongException refusal = Assert.Throws<MessageTooLongException>(() => _publisher.TryPublish(new byte[longest.Length + 1], 0, All));
        Assert.That((refusal.Length, refusal.ExtrasLength, refusal.MaxLength), Is.EqualTo((longest.Length + 1, 88, 1024)));
        Assert.That(refusal.Message, Does.Contain("937").And.Contain("88").And.Contain("1024"));
        Assert.Throws<MessageTooLongException>(() => _publisher.TryClaim(longest.Length + 1, 0, All, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => _publisher.TryClaim(-1, 0, All, out _));
        _publisher.AddsTimestamp = true;
        Assert.Throws<MessageTooLongException>(() => _publisher.Publish(new byte[1024 - 15]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _publisher.TryClaim(-1, out _));
        _publisher.Publish(new byte[1024 - 16]);
    }

    [Test]
    public void Room_that_was_waited_for_is_enough_for_what_is_added()
    {
        int length = 0;
        while (_publisher.TryPublish(new byte[16]))
        {
            length += 32;
        }
        _publisher.AddsTimestamp = true;
        Assert.That(_publisher.WaitToPublish(16, TimeSpan.Zero), Is.False);
        Task<bool> publishing = Task.Run(() => _publisher.WaitToPublish(1000, Timeout.InfiniteTimeSpan) && _publisher.TryPublish(new byte[1000]));
        for (; length > 0; length -= 32)
        {
            _subscriber.Read();
        }
        Assert.That(publishing.Result, Is.True);
        Assert.That(_publisher.WaitToPublish(_topic.MaxMessageLength, TimeSpan.Zero), Is.True, "what is given may take the place of what is added");
    }

    [Test]
    public void Messages_of_a_batch_carry_none()
    {
        _publisher.AddsTimestamp = true;
        MessageBatch batch = new();
        batch.Add("one"u8);
        batch.Add("two"u8);
        _publisher.Publish(batch);
        Expect("one"u8, 0, default);
        Expect("two"u8, 0, default);
    }

    [Test]
    public void Message_in_hand_at_disposal_is_delivered_again_with_its_extras()
    {
        _publisher.Publish("again"u8, 9, All);
        Assert.That(() => _subscriber.Poll(static _ => throw new FormatException()), Throws.TypeOf<FormatException>());
        Expect("again"u8, 9, All);
        _subscriber.Dispose();
        _publisher.Dispose();
        _subscriber = _topic.CreateSubscriber();
        Expect("again"u8, 9, All);
        _subscriber.Complete();
        _subscriber.Dispose();
        _subscriber = _topic.CreateSubscriber();
        Assert.That(_subscriber.TryRead(out _), Is.False);
    }

    [Test]
    public void Message_that_a_killed_subscriber_had_in_hand_is_delivered_again_with_its_extras()
    {
        _publisher.Publish("first"u8, 8, All);
        _publisher.Publish("again"u8, 9, All);
        _subscriber.Dispose();
        using (PeerProcess killed = PeerProcess.Start("read-then-die", _topic.Path!, Acknowledge.AfterHandling, 2))
        {
            killed.ExitCode();
        }
        _subscriber = _topic.CreateSubscriber();
        Expect("again"u8, 9, All);
    }

    [TestCase(Overflow.Wait, 0)]
    [TestCase(Overflow.Wait, Capacity)]
    [TestCase(Overflow.Overwrite, 0)]
    public void Every_subscriber_of_a_broadcast_gets_them_in_place_and_by_copy(Overflow overflow, int evictionLag)
    {
        using Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast, Overflow = overflow, EvictionLag = evictionLag });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber first = topic.CreateSubscriber();
        using Subscriber second = topic.CreateSubscriber();
        for (int i = 0; i < Capacity / 16; i++)
        {
            publisher.Publish("with"u8, 1, All);
            publisher.Publish("without"u8, 2);
            foreach (Subscriber subscriber in (Subscriber[])[first, second])
            {
                ExpectFrom(subscriber, "with"u8, 1, All);
                ExpectFrom(subscriber, "without"u8, 2, default);
            }
        }
    }

    [Test]
    public void Nothing_is_allocated()
    {
        MessageExtras extras = All with { TraceState = null };
        using Activity activity = new("publishing");
        activity.SetIdFormat(ActivityIdFormat.W3C).Start();
        byte[] payload = new byte[64];
        long sum = 0;
        for (int i = 0; i < 100; i++)
        {
            RunOnce();
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            RunOnce();
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(sum, Is.Not.Zero);

        void RunOnce()
        {
            _publisher.AddsTimestamp = _publisher.AddsTraceContext = false;
            _publisher.Publish(payload, 0, extras);
            _publisher.TryClaim(64, 0, extras, out Claim claim);
            claim.Commit(32);
            _publisher.AddsTimestamp = _publisher.AddsTraceContext = true;
            _publisher.Publish(payload);
            for (int i = 0; i < 3; i++)
            {
                Message message = _subscriber.Read();
                sum += message.Timestamp!.Value.Ticks ^ (long)message.TraceContext!.Value.SpanId;
                sum += message.CorrelationId?.Version ?? 0;
                sum += message.TraceState.Length;
            }
        }
    }

    [Test]
    public void What_cannot_be_written_is_refused_where_it_is_given()
    {
        string longest = new('x', MessageExtras.MaxTraceStateLength);
        Assert.That(() => new MessageExtras { TraceState = longest + "x" }, Throws.ArgumentException.With.Message.Contains("513").And.Message.Contains("512"));
        Assert.That(() => new MessageExtras { TraceState = "höher=1" }, Throws.ArgumentException);
        Assert.That(() => new MessageExtras { Timestamp = DateTimeOffset.MaxValue }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MessageExtras { Timestamp = DateTimeOffset.MinValue }, Throws.TypeOf<ArgumentOutOfRangeException>());
        MessageExtras extremes = new() { Timestamp = DateTimeOffset.UnixEpoch.AddTicks(long.MinValue / 100 + 1), TraceState = longest };
        _publisher.Publish([], 0, extremes);
        Expect([], 0, extremes);
        Assert.That(new MessageExtras { TraceState = "" }, Is.EqualTo(default(MessageExtras)));
    }

    private void Expect(ReadOnlySpan<byte> payload, uint type, in MessageExtras extras) => ExpectAt(payload, type, extras);

    private long ExpectAt(ReadOnlySpan<byte> payload, uint type, in MessageExtras extras) => ExpectFrom(_subscriber, payload, type, extras);

    private static long ExpectFrom(Subscriber subscriber, ReadOnlySpan<byte> payload, uint type, in MessageExtras extras)
    {
        Message message = subscriber.Read();
        Assert.That(message.Payload.SequenceEqual(payload), Is.True);
        Assert.That(message.Type, Is.EqualTo(type));
        Assert.That(NumberedMessages.ExtrasOf(message), Is.EqualTo(extras));
        return message.Position;
    }

    /// <summary>The path, with a place free for the publisher of another process.</summary>
    private string CloseForPeer()
    {
        _publisher.Dispose();
        return _topic.Path!;
    }

    private static bool Fails<TException>(Claim claim, int length) where TException : Exception
    {
        try
        {
            claim.Commit(length);
            return false;
        }
        catch (TException)
        {
            return true;
        }
    }
}
