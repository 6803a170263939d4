using System.Text.Json.Serialization;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Looking;

/// <summary>Something about a topic that somebody on call wants to know.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Message">Who or what exactly, and what it means.</param>
internal sealed record Finding(FindingKind Kind, string Message)
{
    /// <summary>Whether something is wrong; else it is a matter of course, told because it may explain something.</summary>
    public bool IsProblem => Kind < FindingKind.Full;

    /// <summary>Since when at least, if that can be told.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>How a command ends that found these: by the code of what is wrong, if that is one.</summary>
    internal static ExitCode CodeOf(IEnumerable<Finding> findings)
    {
        ExitCode[] codes = [.. findings.Where(static finding => finding.IsProblem).Select(static finding => finding.Code).Distinct()];
        return codes.Length switch { 0 => ExitCode.Success, 1 => codes[0], _ => ExitCode.Finding };
    }

    private ExitCode Code => Kind switch
    {
        FindingKind.NotATopic => ExitCode.NotATopic,
        FindingKind.WrongSize => ExitCode.WrongSize,
        FindingKind.OtherVersion => ExitCode.OtherVersion,
        FindingKind.Access => ExitCode.Access,
        FindingKind.Corrupt => ExitCode.Corrupt,
        FindingKind.Unlinked => ExitCode.Unlinked,
        _ => ExitCode.Finding,
    };
}

/// <summary>What can be found, the worst first. What is wrong stands before <see cref="Full"/>, what is not from there on.</summary>
[JsonConverter(typeof(SnakeCaseEnum<FindingKind>))]
internal enum FindingKind
{
    /// <summary>Another kind of file, or a header that is garbage.</summary>
    NotATopic,

    /// <summary>Truncated or extended; an empty file, too.</summary>
    WrongSize,

    /// <summary>Another version of the layout, or another page size.</summary>
    OtherVersion,

    /// <summary>This user may not look, or should not trust it.</summary>
    Access,

    /// <summary>It cannot be opened for another reason.</summary>
    Unreadable,

    /// <summary>An endpoint found that the ring breaks the rules.</summary>
    Corrupt,

    /// <summary>Its name is gone, or leads to another, while it is used.</summary>
    Unlinked,

    /// <summary>A living publisher has had a message in the making for long; what comes after it waits.</summary>
    StuckClaim,

    /// <summary>A publisher died with a message in the making, and nobody has passed it by yet.</summary>
    AbandonedClaim,

    /// <summary>A process that has an endpoint is stopped.</summary>
    Stopped,

    /// <summary>An endpoint's process died without leaving.</summary>
    DeadEndpoint,

    /// <summary>A subscriber lagged too far, and is waited for no longer.</summary>
    Evicted,

    /// <summary>Publishers sleep because there is no room.</summary>
    Full,

    /// <summary>There are messages, and a subscriber that did not move.</summary>
    NotReading,

    /// <summary>There are messages, and nobody to read them.</summary>
    Unread,

    /// <summary>Nobody has it open.</summary>
    Idle,
}
