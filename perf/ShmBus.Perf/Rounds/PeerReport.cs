namespace ShmBus.Perf.Rounds;

/// <summary>What the peer saw.</summary>
/// <param name="Messages">Messages that it verified, or sent.</param>
/// <param name="Measured">The consumer: those of them that count.</param>
/// <param name="Seconds">The consumer: from the first that counts to the last.</param>
internal sealed record PeerReport(ulong Messages, ulong Measured = 0, double Seconds = 0);
