using FsCheck;
using FsCheck.Fluent;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace ShmBus.Tests.Receipts;

/// <summary>Whatever is published, read, acknowledged and left: a list with two numbers in it tells what comes next.</summary>
internal sealed class ReceiptModelTests
{
    [Property(MaxTest = 300, Arbitrary = [typeof(Calls)])]
    public void Subscriber_behaves_like_a_list(Call[] calls) => Check("anonymous", calls);

    [Property(MaxTest = 100, Arbitrary = [typeof(Calls)])]
    public void One_that_trusts_nobody_does_as_well(Call[] calls) => Check("untrusted", calls);

    private static void Check(string kind, Call[] calls)
    {
        using TopicOfAKind topic = new(kind);
        Model model = new(topic);
        foreach (Call call in calls)
        {
            model.Make(call);
        }
        model.Drain();
    }

    /// <summary>One call, and a number that says which or how long.</summary>
    public sealed record Call(CallKind Kind, int Number);

    public enum CallKind
    {
        Publish,
        Commit,
        Extras,
        Batch,
        Abort,
        Read,
        Poll,
        Acknowledge,
        AcknowledgeLast,
        Reopen,
    }

    public static class Calls
    {
        public static Arbitrary<Call> Any() => Arb.From(
            from kind in Gen.Frequency(
                (6, Gen.Constant(CallKind.Publish)), (2, Gen.Constant(CallKind.Commit)), (1, Gen.Constant(CallKind.Extras)), (3, Gen.Constant(CallKind.Batch)),
                (4, Gen.Constant(CallKind.Abort)), (16, Gen.Constant(CallKind.Read)), (2, Gen.Constant(CallKind.Poll)),
                (8, Gen.Constant(CallKind.Acknowledge)), (3, Gen.Constant(CallKind.AcknowledgeLast)), (2, Gen.Constant(CallKind.Reopen)))
            from number in Gen.Frequency((3, Gen.Choose(0, 40)), (1, Gen.Choose(0, 900)))
            select new Call(kind, number));
    }

    private sealed class Model(TopicOfAKind topic)
    {
        private readonly List<int> _lengths = []; // of all that was published; a message says which it is
        private readonly List<(int Index, MessageReceipt Receipt)> _receipts = [];
        private Subscriber _subscriber = topic.Subscribe();
        private int _read;
        private int _acknowledged;

        internal void Make(Call call)
        {
            int length = Math.Max(call.Number, sizeof(int));
            switch (call.Kind)
            {
                case CallKind.Publish when topic.Publisher.TryPublish(Payload(_lengths.Count, length)):
                case CallKind.Extras when topic.Publisher.TryPublish(
                    Payload(_lengths.Count, length), 0, new MessageExtras { Timestamp = DateTimeOffset.UnixEpoch.AddSeconds(length) }):
                    _lengths.Add(length);
                    break;
                case CallKind.Commit:
                    if (topic.Publisher.TryClaim(length + 100, out Claim claim))
                    {
                        Payload(_lengths.Count, length).CopyTo(claim.Payload);
                        claim.Commit(length);
                        _lengths.Add(length);
                    }
                    break;
                case CallKind.Batch:
                    Publish(1 + call.Number % 7);
                    break;
                case CallKind.Abort:
                    if (topic.Publisher.TryClaim(length, out Claim aborted))
                    {
                        aborted.Dispose();
                    }
                    break;
                case CallKind.Read:
                    bool isThere = _subscriber.TryRead(out Message message);
                    Assert.That(isThere, Is.EqualTo(_read < _lengths.Count));
                    if (isThere)
                    {
                        Verify(message);
                        Keep();
                    }
                    break;
                case CallKind.Poll:
                    int waiting = Math.Min(call.Number % 8, _lengths.Count - _read);
                    Assert.That(_subscriber.Poll(Verify, call.Number % 8), Is.EqualTo(waiting));
                    if (waiting > 0)
                    {
                        Keep();
                    }
                    break;
                case CallKind.Acknowledge when _receipts.Count > 0:
                    Acknowledge(_receipts[call.Number % _receipts.Count]);
                    break;
                case CallKind.AcknowledgeLast when _receipts.Count > 0:
                    Acknowledge(_receipts[^1]);
                    break;
                case CallKind.Reopen:
                    _subscriber.Dispose();
                    _subscriber = topic.Subscribe();
                    _receipts.Clear();
                    _read = _acknowledged;
                    break;
            }
        }

        /// <summary>Reads and acknowledges the rest; then the whole ring is free.</summary>
        internal void Drain()
        {
            while (_subscriber.TryRead(out Message message))
            {
                Verify(message);
                Keep();
            }
            Assert.That(_read, Is.EqualTo(_lengths.Count));
            if (_receipts.Count > 0)
            {
                Acknowledge(_receipts[^1]);
            }
            _ = _subscriber.TryRead(out _);
            topic.ExpectWholeRingToBeFree(_subscriber);
            _subscriber.Dispose();
        }

        private void Publish(int count)
        {
            MessageBatch batch = new();
            for (int i = 0; i < count; i++)
            {
                batch.Add(Payload(_lengths.Count + i, sizeof(int) + i));
            }
            if (topic.Publisher.TryPublish(batch))
            {
                _lengths.AddRange(Enumerable.Range(sizeof(int), count));
            }
        }

        private void Acknowledge((int Index, MessageReceipt Receipt) read)
        {
            _subscriber.Acknowledge(read.Receipt);
            _acknowledged = Math.Max(_acknowledged, read.Index + 1);
        }

        private void Keep() => _receipts.Add((_read - 1, _subscriber.GetReceipt()));

        private void Verify(Message message)
        {
            Assert.That(message.Payload.SequenceEqual(Payload(_read, _lengths[_read])), Is.True);
            _read++;
        }

        private static byte[] Payload(int index, int length)
        {
            byte[] payload = new byte[length];
            BitConverter.TryWriteBytes(payload, index);
            return payload;
        }
    }
}
