using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Receipts;

/// <summary>A topic by the name of its kind, and a subscriber of it that acknowledges explicitly: where it is a broadcast, at a place that is kept.</summary>
internal sealed class TopicOfAKind : IDisposable
{
    internal const int Capacity = 4096;

    internal static readonly string[] InFiles = ["one publisher", "several", "lanes", "untrusted", "untrusted lanes", "a place", "an evicting place"];
    internal static readonly string[] All = [.. InFiles, "anonymous", "eventfds", "in process", "in-process lanes"];

    private readonly TestDirectory? _directory;
    private readonly string? _place;

    internal TopicOfAKind(string kind)
    {
        bool isBroadcast = kind.EndsWith("place", StringComparison.Ordinal);
        TopicOptions options = new()
        {
            Capacity = Capacity,
            Publishers = kind.Contains("lanes", StringComparison.Ordinal) || kind == "several" ? 3 : 1,
            Lanes = kind.Contains("lanes", StringComparison.Ordinal),
            TrustPeers = !kind.StartsWith("untrusted", StringComparison.Ordinal),
            Delivery = isBroadcast ? Delivery.Broadcast : Delivery.Queue,
            EvictionLag = kind == "an evicting place" ? Capacity : 0,
            Eventfds = kind == "eventfds",
        };
        if (InFiles.Contains(kind))
        {
            _directory = new TestDirectory();
            Topic = Topic.OpenOrCreate(_directory.File("topic"), options);
        }
        else
        {
            Topic = kind.StartsWith("in", StringComparison.Ordinal) ? Topic.CreateInProcess(options) : Topic.CreateAnonymous(options);
        }
        _place = isBroadcast ? "place" : null;
        // A place is kept from then on.
        Subscribe().Dispose();
        Publisher = Topic.CreatePublisher();
    }

    internal Topic Topic { get; }

    internal Publisher Publisher { get; set; }

    /// <summary>Whether publishers wait for it, however far behind it is.</summary>
    internal bool Waits => Topic.EvictionLag == 0;

    internal object[] PlaceArguments => _place is null ? [] : [_place];

    internal Subscriber Subscribe(WaitStrategy wait = WaitStrategy.Adaptive) =>
        Topic.CreateSubscriber(wait, Acknowledge.Explicitly, place: _place);

    internal void Publish(int from, int count)
    {
        for (int i = from; i < from + count; i++)
        {
            Assert.That(Publisher.TryPublish(BitConverter.GetBytes(i)), Is.True);
        }
    }

    internal void Abort(int length)
    {
        Assert.That(Publisher.TryClaim(length, out Claim claim), Is.True);
        claim.Dispose();
    }

    /// <summary>What is there, with receipts.</summary>
    internal static List<(int Number, MessageReceipt Receipt)> ReadAll(Subscriber subscriber)
    {
        List<(int, MessageReceipt)> read = [];
        while (subscriber.TryRead(out Message message))
        {
            read.Add((BitConverter.ToInt32(message.Payload), subscriber.GetReceipt()));
        }
        return read;
    }

    /// <summary>What the next subscriber gets, which acknowledges nothing.</summary>
    internal IEnumerable<int> Again()
    {
        using Subscriber subscriber = Subscribe();
        return ReadAll(subscriber).Select(static read => read.Number);
    }

    /// <summary>Fills the ring with empty messages; the bytes for which there was room.</summary>
    internal int Fill()
    {
        int room = 0;
        while (Publisher.TryPublish([]))
        {
            room += 16;
        }
        return room;
    }

    /// <summary>Nothing holds back room: the ring takes its capacity, and where publishers evict, does so without that.</summary>
    internal void ExpectWholeRingToBeFree(Subscriber subscriber)
    {
        for (int room = 0; room < Capacity; room += 16)
        {
            Assert.That(Publisher.TryPublish([]), Is.True, $"after {room} bytes");
        }
        Assert.That(subscriber.TryRead(out _), Is.True);
    }

    public void Dispose()
    {
        Publisher.Dispose();
        Topic.Dispose();
        _directory?.Dispose();
    }
}
