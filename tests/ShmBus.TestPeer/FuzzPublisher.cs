using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <inheritdoc/>
internal sealed class FuzzPublisher(string path, Random random, FuzzCounts counts, CancellationToken stop)
    : FuzzEndpoint<Publisher>(path, random, counts, stop)
{
    private readonly MessageBatch _batch = new();
    private readonly NumberedMessages _extras = new((ulong)random.Next(), 0);
    private readonly byte[] _payload = new byte[1 << 20];

    private protected override Publisher Create(Topic topic, WaitStrategy wait) => topic.CreatePublisher(wait);

    private protected override void Touch(Publisher endpoint) => endpoint.TryPublish([]);

    private protected override bool Step(Publisher endpoint)
    {
        ReadOnlySpan<byte> payload = _payload.AsSpan(0, AnyLength());
        uint type = (uint)Random.Next();
        switch (Random.Next(12))
        {
            case 0 or 1 or 2:
                Count(endpoint.TryPublish(payload, type));
                break;
            case 3 or 4:
                endpoint.Publish(payload, type, Stop);
                Count(true);
                break;
            case 5 when Random.Next(2) == 0 && AnyExtras() is var extras && payload.Length + extras.Length <= MaxLength:
                Count(endpoint.TryPublish(payload, type, extras));
                break;
            case 5:
                Count(endpoint.TryPublish(Batch()));
                break;
            case 6:
                endpoint.Publish(Batch(), Stop);
                Count(true);
                break;
            case 7 or 8 or 9:
                return Random.Next(200) != 0 ? Claim(endpoint, payload.Length) : LeaveInClaim(endpoint, payload.Length);
            case 10:
                endpoint.WaitToPublish(payload.Length, TimeSpan.FromMilliseconds(Random.Next(5)), Stop);
                break;
            default:
                if (Random.Next(50) == 0)
                {
                    endpoint.Flush(Regions.Durability.Disk);
                }
                return Random.Next(50) != 0;
        }
        return true;
    }

    private bool Claim(Publisher endpoint, int length)
    {
        MessageExtras extras = AnyExtras();
        if (endpoint.TryClaim(Math.Min(length, MaxLength - extras.Length), 0, extras, out Claim claim))
        {
            using (claim)
            {
                Look(claim.Payload);
                claim.Payload.Fill((byte)length);
                if (Random.Next(100) == 0)
                {
                    Thread.Sleep(1);
                }
                if (Random.Next(4) != 0)
                {
                    claim.Commit(Random.Next(2) == 0 ? claim.Payload.Length : Random.Next(claim.Payload.Length + 1));
                    Count(true);
                }
            }
        }
        return true;
    }

    private static bool LeaveInClaim(Publisher endpoint, int length)
    {
        endpoint.TryClaim(length, out _);
        return false;
    }

    private MessageBatch Batch()
    {
        _batch.Clear();
        for (int i = Random.Next(8); i > 0; i--)
        {
            int length = AnyLength() / 4;
            if (_batch.Length + length + 16 <= MaxLength)
            {
                _batch.Add(_payload.AsSpan(0, length), (uint)i);
            }
        }
        return _batch;
    }

    private MessageExtras AnyExtras() => Random.Next(2) == 0 ? default : _extras.Extras(Random.Next());

    private int AnyLength() => Random.Next(4) switch
    {
        0 => Random.Next(MaxLength + 1),
        1 => MaxLength - Random.Next(17),
        _ => Random.Next(200),
    };

    private void Count(bool wasPublished) => Counts.Add("published", wasPublished ? 1 : 0);
}
