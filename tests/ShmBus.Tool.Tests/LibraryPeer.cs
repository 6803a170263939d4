namespace ShmBus.Tool.Tests;

/// <summary>The peer of the library's tests: a process that uses a topic, and dies or stops there on purpose.</summary>
internal static class LibraryPeer
{
    private static readonly string Assembly = typeof(LibraryPeer).Assembly.Location.Replace("ShmBus.Tool.Tests", "ShmBus.TestPeer", StringComparison.Ordinal);

    internal static PeerProcess Start(string command, params object[] arguments) => PeerProcess.StartProgram("dotnet", [Assembly, command, .. arguments]);
}
