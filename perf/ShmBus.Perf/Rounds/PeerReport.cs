namespace ShmBus.Perf.Rounds;

/// <summary>What the peer saw.</summary>
/// <param name="Messages">Messages that it verified.</param>
/// <param name="Seconds">Throughput: from the first of them to the last.</param>
/// <param name="Bytes">Throughput: payload that it verified.</param>
internal sealed record PeerReport(ulong Messages, double Seconds = 0, ulong Bytes = 0);
