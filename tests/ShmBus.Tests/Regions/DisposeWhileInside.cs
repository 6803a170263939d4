using ShmBus.Endpoints;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>
/// Disposing an endpoint from another thread, or from inside. The stress runs in a process of its own, so that memory that is
/// taken away too early is seen as the end of that process.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class DisposeWhileInside
{
    [Test]
    public void Another_thread_may_dispose_at_any_moment(
        [Values("publisher-try", "publisher-blocked", "publisher-waits", "publisher-claims", "publisher-aborts", "publisher-flushes",
            "subscriber-message-in-hand", "subscriber-reads", "subscriber-waits", "subscriber-polls", "subscriber-polls-without-limit",
            "subscriber-disposed-by-its-handler", "subscriber-flushes")] string scenario,
        [Values("file", "-", "in-process")] string place)
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("region-dispose", scenario, 300, place == "file" ? directory.File("t") : place);
        peer.Expect("0 mapped, 0 open");
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Endpoints_may_come_while_others_go()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("region-come-and-go", 5000, directory.File("t"));
        peer.Expect("done");
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Two_threads_in_one_endpoint_are_told_and_do_no_harm([Values("publish", "claim", "read", "poll")] string kind)
    {
        using PeerProcess peer = PeerProcess.Start("region-intrude", kind, 5);
        peer.Expect("told");
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void A_second_thread_is_told_who_it_is_in_the_way_of()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        publisher.Publish([1]);
        subscriber.Poll(_ => Task.Run(() =>
        {
            string message = Assert.Throws<InvalidOperationException>(() => subscriber.TryRead(out Message _))!.Message;
            Assert.That(message, Does.Contain(nameof(Subscriber)).And.Contain("one thread at a time"));
        }).Wait());
        Assert.That(publisher.TryClaim(1, out Claim claim), Is.True);
        Task.Run(() => Assert.Throws<InvalidOperationException>(() => publisher.TryPublish([1]))).Wait();
        claim.Commit();
    }

    [Test]
    public void A_handler_that_disposes_its_subscriber_keeps_its_message_and_gets_no_other()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Publisher publisher = topic.CreatePublisher();
        Subscriber subscriber = topic.CreateSubscriber();
        publisher.Publish("first"u8);
        publisher.Publish("second"u8);
        int handled = subscriber.Poll(message =>
        {
            subscriber.Dispose();
            Assert.That(message.Payload.SequenceEqual("first"u8), Is.True, "the memory is there until the handler returns");
            Assert.Throws<ObjectDisposedException>(() => subscriber.TryRead(out _));
        });
        Assert.That(handled, Is.EqualTo(1));
        Assert.Throws<ObjectDisposedException>(() => subscriber.TryRead(out _));
        using Subscriber successor = topic.CreateSubscriber();
        Assert.That(successor.Read().Payload.SequenceEqual("second"u8), Is.True, "the first was dealt with");
    }

    [Test]
    public void A_message_in_hand_outlives_the_subscriber_that_another_thread_disposes()
    {
        using TestDirectory directory = new();
        using Topic topic = Topic.OpenOrCreate(directory.File("t"));
        Subscriber subscriber = topic.CreateSubscriber();
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish("mine"u8);
        }
        Message message = subscriber.Read();
        Task.Run(subscriber.Dispose).Wait();
        Assert.That(message.Payload.SequenceEqual("mine"u8), Is.True);
        topic.CreateSubscriber().Dispose();
        Assert.That(ProcessFiles.Descriptors(directory.File("t")), Is.EqualTo(1), "the slot is free");
        Assert.Throws<ObjectDisposedException>(() => subscriber.TryRead(out _));
        Assert.That(ProcessFiles.Mappings(directory.File("t")), Is.Empty, "the next call gives the message up, and the memory with it");
    }

    [Test]
    public void The_next_call_gives_a_message_up_whichever_thread_makes_it_but_a_receipt_does_not()
    {
        using TestDirectory directory = new();
        using Topic topic = Topic.OpenOrCreate(directory.File("t"));
        Subscriber subscriber = topic.CreateSubscriber(acknowledge: Acknowledge.Explicitly);
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish("mine"u8);
        }
        Message message = subscriber.Read();
        Task.Run(subscriber.Dispose).Wait();
        Assert.Throws<ObjectDisposedException>(() => subscriber.GetReceipt());
        Assert.That(message.Payload.SequenceEqual("mine"u8), Is.True);
        Task.Run(() => Assert.Throws<ObjectDisposedException>(subscriber.Complete)).Wait();
        Assert.That(ProcessFiles.Mappings(directory.File("t")), Is.Empty);
    }

    [Test]
    public void A_claim_outlives_the_publisher_that_another_thread_disposes()
    {
        using TestDirectory directory = new();
        using Topic topic = Topic.OpenOrCreate(directory.File("t"));
        using Subscriber subscriber = topic.CreateSubscriber();
        Publisher publisher = topic.CreatePublisher();
        Assert.That(publisher.TryClaim(4, out Claim claim), Is.True);
        Task.Run(publisher.Dispose).Wait();
        "mine"u8.CopyTo(claim.Payload);
        claim.Commit();
        Assert.That(subscriber.Read().Payload.SequenceEqual("mine"u8), Is.True);
        Assert.Throws<ObjectDisposedException>(() => publisher.TryPublish([1]));
        topic.CreatePublisher().Dispose();
        Assert.That(ProcessFiles.Mappings(directory.File("t")), Has.Count.EqualTo(2), "the subscriber's");
    }

    [Test]
    public void Disposing_the_publisher_gives_up_its_own_claim()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Subscriber subscriber = topic.CreateSubscriber();
        Publisher publisher = topic.CreatePublisher();
        Assert.That(publisher.TryClaim(4, out Claim claim), Is.True);
        publisher.Dispose();
        Assert.That(claim.IsOpen, Is.False);
        claim.Dispose();
        Assert.That(subscriber.TryRead(out _), Is.False);
        using Publisher successor = topic.CreatePublisher();
        successor.Publish("next"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("next"u8), Is.True);
    }

    [Test]
    public void Nothing_is_left_of_an_endpoint_that_could_not_be_made()
    {
        using TestDirectory directory = new();
        using Topic topic = Topic.OpenOrCreate(directory.File("t"));
        using (topic.CreatePublisher())
        {
            Assert.Throws<EndpointInUseException>(() => topic.CreatePublisher().Dispose());
            Assert.That(ProcessFiles.Mappings(directory.File("t")), Has.Count.EqualTo(2), "the first publisher's");
            Assert.That(ProcessFiles.Descriptors(directory.File("t")), Is.EqualTo(2), "the topic's and the first publisher's");
        }
        Assert.That(ProcessFiles.Mappings(directory.File("t")), Is.Empty);
        Assert.That(ProcessFiles.Descriptors(directory.File("t")), Is.EqualTo(1));
    }
}
