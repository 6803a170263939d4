using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <inheritdoc/>
internal sealed class FuzzSubscriber(string path, Random random, FuzzCounts counts, CancellationToken stop)
    : FuzzEndpoint<Subscriber>(path, random, counts, stop)
{
    private protected override Subscriber Create(Topic topic, WaitStrategy wait)
    {
        string? place = topic.Delivery == Delivery.Broadcast && Random.Next(2) == 0 ? $"place {Random.Next(2)}" : null;
        if (place is not null && Random.Next(4) == 0)
        {
            Counts.Add("places-removed", topic.RemovePlace(place) ? 1 : 0);
        }
        Subscriber subscriber = topic.CreateSubscriber(
            wait, Random.Next(2) == 0 ? Acknowledge.AfterHandling : Acknowledge.BeforeHandling, (JoinAt)Random.Next(2), place);
        subscriber.Lost += (_, _) => Counts.Add("holes");
        return subscriber;
    }

    private protected override void Touch(Subscriber endpoint) => endpoint.TryRead(out _);

    private protected override bool Step(Subscriber endpoint)
    {
        switch (Random.Next(12))
        {
            case 0 or 1 or 2:
                if (endpoint.TryRead(out Message next))
                {
                    OnMessage(next);
                }
                break;
            case 3 or 4:
                OnMessage(endpoint.Read(Stop));
                break;
            case 5 or 6 or 7:
                Poll(endpoint);
                break;
            case 8:
                endpoint.WaitToRead(Timeout.InfiniteTimeSpan, Stop);
                break;
            case 9:
                endpoint.WaitToRead(TimeSpan.FromMilliseconds(Random.Next(5)), Stop);
                break;
            case 10:
                endpoint.Complete();
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

    /// <summary>In runs; now and then the handler cannot deal with a message.</summary>
    private void Poll(Subscriber endpoint)
    {
        int fails = Random.Next(4) == 0 ? Random.Next(20) : int.MaxValue;
        try
        {
            endpoint.Poll(
                message =>
                {
                    OnMessage(message);
                    if (fails-- == 0)
                    {
                        throw new FormatException();
                    }
                },
                Random.Next(1000));
        }
        catch (FormatException)
        {
        }
    }

    private void OnMessage(in Message message)
    {
        Look(message.Payload);
        if (NumberedMessages.ExtrasOf(message).Length > 0)
        {
            Look(message.TraceState);
            Counts.Add("extended");
        }
        Counts.Add("read");
    }
}
