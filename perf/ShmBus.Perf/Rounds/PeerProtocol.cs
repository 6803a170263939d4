using System.Text.Json;

namespace ShmBus.Perf.Rounds;

/// <summary>
/// The lines that a peer writes to its standard output: one when it has opened the channel, one when it is done
/// or has failed. Main writes one, when all are ready, which producers wait for. Closing the peer's standard input
/// ends it.
/// </summary>
internal static class PeerProtocol
{
    public const string Ready = "ready";
    public const string Go = "go";

    private const string DonePrefix = "done ";
    private const string FailedPrefix = "failed ";

    public static string Done(PeerReport report) => DonePrefix + JsonSerializer.Serialize(report);

    public static string Failed(string reason) => FailedPrefix + reason.ReplaceLineEndings(" ");

    /// <summary>The report in a line, or null if it is another line.</summary>
    public static PeerReport? ReportIn(string line) =>
        line.StartsWith(DonePrefix, StringComparison.Ordinal)
            ? JsonSerializer.Deserialize<PeerReport>(line.AsSpan(DonePrefix.Length))
            : null;

    /// <summary>The reason of a failure in a line, or null if it is another line.</summary>
    public static string? FailureIn(string line) =>
        line.StartsWith(FailedPrefix, StringComparison.Ordinal) ? line[FailedPrefix.Length..] : null;
}
