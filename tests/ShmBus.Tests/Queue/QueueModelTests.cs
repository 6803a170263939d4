using FsCheck;
using FsCheck.Fluent;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace ShmBus.Tests.Queue;

/// <summary>Any sequence of calls leaves a ring in the state in which it leaves the plainest model of a queue.</summary>
internal sealed class QueueModelTests
{
    private const int Capacity = 4096;

    [Property(MaxTest = 300, Arbitrary = [typeof(Calls)])]
    public void Ring_behaves_like_a_queue(Call[] calls)
    {
        using Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = Capacity });
        Model model = new(topic);
        foreach (Call call in calls)
        {
            model.Make(call);
        }
        model.Drain();
    }

    /// <summary>One call and the sizes it is made with.</summary>
    public sealed record Call(CallKind Kind, int Length, int Shorter);

    public enum CallKind
    {
        Publish,
        Commit,
        Abort,
        Read,
        Poll,
        RestartPublisher,
        RestartSubscriber,
    }

    public static class Calls
    {
        public static Arbitrary<Call> Any() => Arb.From(
            from kind in Gen.Frequency(
                (8, Gen.Constant(CallKind.Publish)), (4, Gen.Constant(CallKind.Commit)), (2, Gen.Constant(CallKind.Abort)),
                (8, Gen.Constant(CallKind.Read)), (3, Gen.Constant(CallKind.Poll)),
                (1, Gen.Constant(CallKind.RestartPublisher)), (1, Gen.Constant(CallKind.RestartSubscriber)))
            from length in Gen.Frequency((3, Gen.Choose(0, 40)), (1, Gen.Choose(0, Capacity / 4)), (1, Gen.Constant(Capacity / 4)))
            from shorter in Gen.Choose(0, length)
            select new Call(kind, length, shorter));
    }

    private sealed class Model(Topic topic)
    {
        private readonly Queue<byte[]> _expected = new();
        private Publisher _publisher = topic.CreatePublisher();
        private Subscriber _subscriber = topic.CreateSubscriber();
        private byte _next;

        internal void Make(Call call)
        {
            byte[] payload = new byte[call.Kind == CallKind.Commit ? call.Shorter : call.Length];
            payload.AsSpan().Fill(_next++);
            switch (call.Kind)
            {
                case CallKind.Publish:
                    if (_publisher.TryPublish(payload, (uint)payload.Length))
                    {
                        _expected.Enqueue(payload);
                    }
                    break;
                case CallKind.Commit:
                    if (_publisher.TryClaim(call.Length, (uint)payload.Length, out Claim claim))
                    {
                        payload.CopyTo(claim.Payload);
                        claim.Commit(call.Shorter);
                        _expected.Enqueue(payload);
                    }
                    break;
                case CallKind.Abort:
                    if (_publisher.TryClaim(call.Length, out Claim aborted))
                    {
                        aborted.Payload.Fill(255);
                        aborted.Dispose();
                    }
                    break;
                case CallKind.Read:
                    if (_subscriber.TryRead(out Message message))
                    {
                        Check(message);
                    }
                    else
                    {
                        Assert.That(_expected, Is.Empty);
                    }
                    break;
                case CallKind.Poll:
                    int limit = call.Length % 8;
                    int waiting = _expected.Count;
                    Assert.That(_subscriber.Poll(Check, limit), Is.EqualTo(Math.Min(limit, waiting)));
                    break;
                case CallKind.RestartPublisher:
                    _publisher.Dispose();
                    _publisher = topic.CreatePublisher();
                    break;
                case CallKind.RestartSubscriber:
                    _subscriber.Complete();
                    _subscriber.Dispose();
                    _subscriber = topic.CreateSubscriber();
                    break;
            }
        }

        /// <summary>Reads the rest; then a largest message has room again.</summary>
        internal void Drain()
        {
            int waiting = _expected.Count;
            Assert.That(_subscriber.Poll(Check), Is.EqualTo(waiting));
            Assert.That(_subscriber.TryRead(out _), Is.False);
            Assert.That(_publisher.TryPublish(new byte[topic.MaxMessageLength]), Is.True);
            _publisher.Dispose();
            _subscriber.Dispose();
        }

        private void Check(Message message)
        {
            byte[] expected = _expected.Dequeue();
            Assert.That(message.Payload.SequenceEqual(expected), Is.True);
            Assert.That(message.Type, Is.EqualTo((uint)expected.Length));
        }
    }
}
