using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Doctor;

/// <summary>What is found by looking into topics: as <c>ls</c> and <c>inspect</c> find it, with what it means.</summary>
internal abstract class TopicCheck(string name, string whenWell, params FindingKind[] kinds) : Check(name)
{
    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        List<Diagnosis> found = [];
        foreach (LookedAt topic in patient.Topics.Where(static topic => topic.Now is not null))
        {
            found.AddRange(topic.Findings.Where(finding => kinds.Contains(finding.Kind)).Select(finding => Explain(patient, topic, finding)));
        }
        return found.Count > 0 ? found : [Ok(patient.Directory, whenWell)];
    }

    private Diagnosis Explain(Patient patient, LookedAt topic, Finding finding)
    {
        (Severity severity, string meaning, string advice) = Meaning(topic, finding.Kind);
        bool isOfDeadPublisher = finding.Kind is FindingKind.DeadEndpoint or FindingKind.AbandonedClaim && Has(topic, EndpointRole.Publisher, isAlive: false);
        return new Diagnosis(Name, severity, topic.Name, finding.Message, meaning, advice)
        {
            Repair = isOfDeadPublisher && topic.Info is not null && patient.Bus is Bus bus
                ? new Repair($"frees the slots of dead publishers of '{topic.Name}'", () => DeadPublishers.Free(bus, topic.Name)) : null,
        };
    }

    private static (Severity Severity, string Meaning, string Advice) Meaning(LookedAt topic, FindingKind kind) => kind switch
    {
        FindingKind.Corrupt => (Severity.Error, "Somebody wrote over the ring. Others who come to that place stop as well.",
            "End all processes that use it, remove it (shmbus rm), and look who else can write to the file."),
        FindingKind.StuckClaim => (Severity.Warning, "Subscribers get nothing that was published after it, by whomever, until it is committed or its owner ends.",
            "Look what that process does between TryClaim and Commit (dotnet-stack)."),
        FindingKind.AbandonedClaim => (Severity.Warning, "What the publisher had committed is delivered; only this message is lost.", "Look why it died, and start it again."),
        FindingKind.Stopped => (Severity.Warning, "It neither publishes nor reads. What waits for it, or behind a message that it has begun, waits on.", "See who stopped it: a debugger, Ctrl-Z, a freezer."),
        FindingKind.DeadEndpoint => (Severity.Warning, "What it had committed is delivered, and what it had not acknowledged is there for its successor.",
            "Look why it died (its log, the kernel's for the OOM killer), and start it again."),
        FindingKind.Evicted => (Severity.Warning, "It gets no messages any more; its next read throws.", "Let it subscribe anew, and make it faster, or the capacity larger."),
        FindingKind.Full when HasFinding(topic, FindingKind.NotReading) => (Severity.Warning, "The ring is full, and the subscriber took nothing for a second: nothing moves.",
            "Look what its handler does (dotnet-stack)."),
        FindingKind.Full => (Severity.Note, "Publishers wait for the slowest subscriber. Now and then that is as it should be.", "If it lasts: make the subscriber faster, or the capacity larger."),
        FindingKind.NotReading => (Severity.Note, "A handler that takes long looks like this. What is published waits meanwhile.", "If it lasts: look what its handler does (dotnet-stack)."),
        FindingKind.Unread => (Has(topic, EndpointRole.Publisher, isAlive: true) ? Severity.Warning : Severity.Note, "They are kept until a subscriber comes. Once the ring is full, publishers wait.",
            "Start the process that reads this topic. If it runs: does it use the same bus, user and topic?"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static bool Has(LookedAt topic, EndpointRole role, bool isAlive) => topic.Now!.Endpoints.Any(endpoint => endpoint.Role == role && endpoint.IsAlive == isAlive);

    private static bool HasFinding(LookedAt topic, FindingKind kind) => topic.Findings.Any(finding => finding.Kind == kind);
}

/// <summary>Publishers and subscribers that died, were stopped, or evicted.</summary>
internal sealed class EndpointsCheck() : TopicCheck("endpoints", "all publishers and subscribers are alive",
    FindingKind.DeadEndpoint, FindingKind.Stopped, FindingKind.Evicted);

/// <summary>Messages in the making that do not get on.</summary>
internal sealed class ClaimsCheck() : TopicCheck("claims", "no message is stuck in the making", FindingKind.StuckClaim, FindingKind.AbandonedClaim);

/// <summary>Messages that are not read, and publishers that wait for that.</summary>
internal sealed class FlowCheck() : TopicCheck("flow", "messages are read as they come", FindingKind.Full, FindingKind.NotReading, FindingKind.Unread);

/// <summary>Rings that break the rules of the layout.</summary>
internal sealed class RingCheck() : TopicCheck("ring", "no endpoint found a topic corrupt", FindingKind.Corrupt);
