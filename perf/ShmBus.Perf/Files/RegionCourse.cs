using System.Numerics;
using ShmBus.Perf.Measuring;
using ShmBus.Regions;
using ShmBus.Waiting;

namespace ShmBus.Perf.Files;

/// <summary>
/// A ShmBus topic whose ring has room for all chunks: each is claimed, made in place and committed by a publisher, and verified in
/// place by a subscriber, which has a mapping of its own. What it writes beyond the others is 16 bytes to a record, and the
/// positions.
/// </summary>
internal sealed class RegionCourse(string path, int chunk, int chunks, Touch touch) : FileCourse(path, chunk, chunks)
{
    private const int HeaderSize = 16;

    // The greatest ring, and the part of one that a message may take.
    private const long MostCapacity = 512 << 20;
    private const int MessagesOfRing = 4;

    private Publisher? _publisher;
    private Subscriber? _subscriber;

    private TopicOptions Options => new()
    {
        Capacity = (int)CapacityFor(Chunk, Chunks),
        PopulateLimit = touch == Touch.First ? 0 : long.MaxValue,
        HugePages = touch == Touch.Huge,
    };

    /// <summary>Why there is no ring for so many chunks, or null.</summary>
    public static string? WhyNot(int chunk, int chunks) => CapacityFor(chunk, chunks) > MostCapacity ? "a ring has at most 512 MiB" : null;

    public override void OpenToWrite()
    {
        using var topic = Topic.OpenOrCreate(Path, Options);
        _publisher = topic.CreatePublisher(WaitStrategy.Spin);
        RequireGranted(_publisher);
    }

    public override void OpenToRead()
    {
        using var topic = Topic.Open(Path, Options);
        _subscriber = topic.CreateSubscriber(WaitStrategy.Spin);
        RequireGranted(_subscriber);
    }

    public override void Write(ulong first)
    {
        Publisher publisher = _publisher!;
        for (int i = 0; i < Chunks; i++)
        {
            if (!publisher.TryClaim(Chunk, out Claim claim))
                throw new PerfException("the ring is full, though it has room for all");
            Payload.Write(claim.Payload, first + (ulong)i);
            claim.Commit();
        }
    }

    public override void Read(ulong first)
    {
        Verifier verifier = new(Chunk, first);
        while (_subscriber!.Poll(ref verifier) > 0) ;
        if (verifier.Next != first + (ulong)Chunks)
            throw new PerfException($"the ring ends after message {verifier.Next - 1}, before what was written");
    }

    // What is left of the ring is written and read, so that the second time begins where the first did.
    public override void Rewind()
    {
        long capacity = CapacityFor(Chunk, Chunks);
        for (long left = capacity - RecordSize(Chunk) * Chunks; left > 0;)
        {
            long record = Math.Min(left, capacity / MessagesOfRing);
            _publisher!.Publish(new byte[record - HeaderSize]);
            _subscriber!.Read();
            left -= record;
        }

        _ = _subscriber!.TryRead(out _);
    }

    public override void Sync(Syncing syncing) => _publisher!.Flush(syncing == Syncing.Sync ? Durability.Disk : Durability.Scheduled);

    public override void Dispose()
    {
        _publisher?.Dispose();
        _subscriber?.Dispose();
    }

    private static long CapacityFor(int chunk, int chunks)
    {
        ulong bytes = (ulong)(RecordSize(chunk) * Math.Max(chunks, MessagesOfRing));
        return Math.Max(Environment.SystemPageSize, (long)BitOperations.RoundUpToPowerOf2(bytes));
    }

    private static long RecordSize(int chunk) => (chunk + 2L * HeaderSize - 1) & -HeaderSize;

    // Others are usual, but not what is measured here.
    private void RequireGranted(Endpoint endpoint)
    {
        if (touch != Touch.First && endpoint.Refused.FirstOrDefault(refused => refused.Option is "HugePages" or "Populate") is { } refused)
            throw new PerfException($"{refused.Option}: {refused.Reason}");
    }

    private struct Verifier(int chunk, ulong first) : IMessageHandler
    {
        public ulong Next { get; private set; } = first;

        public void OnMessage(in Message message)
        {
            Verify(message.Payload, chunk, Next);
            Next++;
        }
    }
}
