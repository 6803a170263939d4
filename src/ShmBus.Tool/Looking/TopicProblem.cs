namespace ShmBus.Tool.Looking;

/// <summary>What it means that a topic could not be opened.</summary>
internal static class TopicProblem
{
    internal static Finding Of(Exception problem) => new(KindOf(problem), problem.Message.ReplaceLineEndings(" "));

    private static FindingKind KindOf(Exception problem) => Failure.CodeOf(problem) switch
    {
        ExitCode.WrongSize => FindingKind.WrongSize,
        ExitCode.OtherVersion => FindingKind.OtherVersion,
        ExitCode.Access => FindingKind.Access,
        ExitCode.NotATopic => FindingKind.NotATopic,
        // A name that no topic can have.
        ExitCode.Usage => FindingKind.NotATopic,
        _ => FindingKind.Unreadable,
    };
}
