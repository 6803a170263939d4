using ShmBus.Endpoints;
using ShmBus.Rings;

namespace ShmBus.Tool.Doctor;

/// <summary>Who is on the topics: the dead, the stopped, the evicted, and messages that nobody comes for.</summary>
internal sealed class EndpointsCheck() : Check("endpoints")
{
    internal override IEnumerable<Finding> Look(Patient patient)
    {
        List<Finding> found = [];
        foreach ((string name, TopicSnapshot snapshot) in patient.Snapshots)
        {
            foreach (EndpointInfo endpoint in snapshot.Endpoints)
            {
                found.AddRange(Describe(patient, name, snapshot, endpoint));
            }
            found.AddRange(Unread(patient, name, snapshot));
        }
        return found.Count > 0 ? found : [Ok(patient.Directory, $"{patient.Snapshots.Values.Sum(static topic => topic.Endpoints.Count)} publishers and subscribers, all alive")];
    }

    private IEnumerable<Finding> Describe(Patient patient, string topic, TopicSnapshot snapshot, EndpointInfo endpoint)
    {
        string who = $"the {endpoint.Role.ToString().ToLowerInvariant()} in slot {endpoint.Slot}, {endpoint},";
        if (endpoint.IsEvicted)
        {
            yield return Warning(topic, $"{who} was evicted", "It lagged too far behind, and gets no messages any more; its next read throws.",
                "Let it subscribe anew, and make it faster, or the capacity larger.");
        }
        else if (!endpoint.IsAlive && endpoint.PlaceName is null)
        {
            bool isPublisher = endpoint.Role == EndpointRole.Publisher;
            yield return Warning(topic, $"{who} died without leaving",
                isPublisher ? "What it had committed is delivered; a message that it had begun is skipped. Its slot is free for the next publisher."
                    : "What it had not acknowledged is delivered to its successor, whom its slot is free for.",
                "Look why it died (its log, the kernel's for the OOM killer), and start it again.") with
            {
                Repair = isPublisher && patient.Bus is Bus bus ? new Repair($"frees the slots of dead publishers of '{topic}'", () => DeadPublishers.Free(bus, topic)) : null,
            };
        }
        else if (endpoint.IsAlive && RunningProcess.Of(patient.Root, endpoint) is { IsStopped: true })
        {
            yield return Warning(topic, $"{who} is stopped by a signal or a debugger",
                endpoint.Role == EndpointRole.Publisher ? "It publishes nothing, and if it stopped in the middle of a message, subscribers wait behind that one."
                    : "It reads nothing. Once the ring is full, publishers wait for it.",
                $"Let it go on (kill -CONT {endpoint.ProcessId}), or end it.");
        }
        else if (endpoint is { Role: EndpointRole.Subscriber, IsAlive: true } && IsHoldingBack(snapshot, endpoint) &&
            patient.LookAgain(topic) is TopicSnapshot later && IsStill(snapshot, endpoint, later))
        {
            yield return Warning(topic, $"{who} has {Bytes.Text(endpoint.UnreadBytes)} to read, and took nothing of it for a second",
                "The ring is full: publishers wait for this subscriber.",
                "Look what its handler does (dotnet-stack, dotnet-dump). If it is only slow at times, use a larger capacity.");
        }
    }

    private IEnumerable<Finding> Unread(Patient patient, string topic, TopicSnapshot snapshot)
    {
        bool isQueue = patient.Topics.First(info => info.Name == topic).Options?.Delivery == Delivery.Queue;
        bool Has(EndpointRole role) => snapshot.Endpoints.Any(endpoint => endpoint.Role == role && endpoint.IsAlive);
        if (isQueue && snapshot.PendingBytes > 0 && !Has(EndpointRole.Subscriber))
        {
            string text = $"{Bytes.Text(snapshot.PendingBytes)} wait for a subscriber, and there is none";
            const string meaning = "They are kept until one comes. Once the ring is full, publishers wait.";
            const string advice = "Start the process that reads this topic. If it runs: does it use the same bus, user and topic?";
            yield return Has(EndpointRole.Publisher) ? Warning(topic, text, meaning, advice) : Note(topic, text, meaning, advice);
        }
        else if (Has(EndpointRole.Subscriber) && !Has(EndpointRole.Publisher))
        {
            yield return Note(topic, "it has subscribers, and no publisher", "Nothing comes until one is there.",
                "Start the process that publishes. If it runs: does it use the same bus, user and topic?");
        }
    }

    private static bool IsHoldingBack(TopicSnapshot snapshot, EndpointInfo endpoint) => endpoint.PendingBytes > snapshot.Capacity / 4 * 3;

    /// <summary>Whether a subscriber of one look is where it was, and its ring as full, at a later one.</summary>
    private static bool IsStill(TopicSnapshot first, EndpointInfo endpoint, TopicSnapshot later) =>
        later.Endpoints.FirstOrDefault(other => other.Role == endpoint.Role && other.Slot == endpoint.Slot && other.Generation == endpoint.Generation) is EndpointInfo now &&
        IsHoldingBack(later, now) && later.PublishedBytes - now.UnreadBytes == first.PublishedBytes - endpoint.UnreadBytes;
}
