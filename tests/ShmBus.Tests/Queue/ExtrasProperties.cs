using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using ShmBus.TestPeer;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace ShmBus.Tests.Queue;

/// <summary>Any extras with any payload, published in any way among other messages, arrive as they were given.</summary>
internal sealed class ExtrasProperties
{
    private const int Capacity = 4096;

    [Property(MaxTest = 300, Arbitrary = [typeof(Letters)])]
    public void Any_extras_arrive_with_any_payload(Letter[] letters)
    {
        using Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = Capacity });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        foreach (Letter letter in letters)
        {
            int length = Math.Min(letter.Length, topic.MaxMessageLength - letter.Extras.Length);
            int shorter = letter.IsClaimed ? Math.Min(letter.Shorter, length) : length;
            byte[] payload = new byte[shorter];
            payload.AsSpan().Fill((byte)letter.Type);
            if (letter.IsClaimed)
            {
                Assert.That(publisher.TryClaim(length, letter.Type, letter.Extras, out Claim claim), Is.True);
                payload.CopyTo(claim.Payload);
                claim.Commit(shorter);
            }
            else
            {
                publisher.Publish(payload, letter.Type, letter.Extras);
            }
            Message message = subscriber.Read();
            Assert.That(message.Payload.SequenceEqual(payload), Is.True);
            Assert.That(message.Type, Is.EqualTo(letter.Type));
            Assert.That(NumberedMessages.ExtrasOf(message), Is.EqualTo(letter.Extras));
        }
        // None took more than its place: a largest message has room.
        Assert.That(subscriber.TryRead(out _), Is.False);
        Assert.That(publisher.TryPublish(new byte[topic.MaxMessageLength]), Is.True);
    }

    /// <summary>One message and how it is published.</summary>
    public sealed record Letter(int Length, int Shorter, bool IsClaimed, uint Type, MessageExtras Extras);

    public static class Letters
    {
        public static Arbitrary<Letter> Any() => Arb.From(
            from length in Gen.Frequency((3, Gen.Choose(0, 40)), (1, Gen.Choose(0, Capacity / 4)), (1, Gen.Constant(Capacity / 4)))
            from shorter in Gen.Choose(0, length)
            from isClaimed in Gen.Elements(true, false)
            from type in Gen.Choose(0, int.MaxValue)
            from extras in Extras()
            select new Letter(length, shorter, isClaimed, (uint)type, extras));

        private static Gen<MessageExtras> Extras() =>
            from fields in Gen.Choose(0, 15)
            from ticks in Gen.OneOf(Gen.Choose(int.MinValue, int.MaxValue).Select(static number => number * 40_000_000L), Gen.Elements(long.MinValue / 100, long.MaxValue / 100))
            from words in Gen.ArrayOf(Gen.Choose(int.MinValue, int.MaxValue), 4)
            from state in Gen.ArrayOf(Gen.Choose(0x20, 0x7E)).Select(static letters => string.Concat(letters.Select(static letter => (char)letter)))
            select new MessageExtras
            {
                Timestamp = (fields & 1) == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks(ticks),
                CorrelationId = (fields & 2) == 0 ? null : new Guid(words[0], (short)words[1], (short)words[2], BitConverter.GetBytes(words[3] * 3L)),
                TraceContext = (fields & 4) == 0 ? null : new TraceContext(new UInt128((ulong)words[0], (ulong)words[1]), (ulong)words[2], (ActivityTraceFlags)(byte)words[3]),
                TraceState = (fields & 8) == 0 ? null : state,
            };
    }
}
