namespace ShmBus.Perf.Rounds;

/// <summary>The CPU of main's loop and that of the peer's.</summary>
internal sealed record CpuPair(int Main, int Peer);
