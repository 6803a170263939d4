using System.Diagnostics;
using System.Globalization;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Bench;

/// <summary>This process and the other one, with all ways between them open, so that rounds of each can follow one another.</summary>
internal sealed class BenchPair : IDisposable
{
    /// <summary>The names of <see cref="_lines"/>.</summary>
    internal static readonly string[] Transports = ["shmbus", "pipe", "socket"];

    // The topics have no files, so nothing is left of them, however the processes end.
    private static readonly Dictionary<string, TopicOptions> Topics = new() { [ShmBusLine.There] = new(), [ShmBusLine.Back] = new() };

    private readonly BenchLine[] _lines;
    private readonly ChildRegion _peer;

    internal BenchPair()
    {
        int[] processors = Processors.Allowed();
        IsPinned = processors.Length > 1;
        Processor = IsPinned ? processors[0] : -1;
        (int peersIn, int pipeOut) = Descriptor.MakePipe();
        (int pipeIn, int peersOut) = Descriptor.MakePipe();
        (int socket, int peersSocket) = Descriptor.MakeSocketPair();
        BenchLine? topics = null;
        ProcessStartInfo start = PeerStart(IsPinned ? processors[1] : -1, peersIn, peersOut, peersSocket, pipeIn, pipeOut, socket);
        _peer = ChildRegion.Start(start, Topics, peer => topics = new ShmBusLine(peer.CreatePublisher(ShmBusLine.There), peer.CreateSubscriber(ShmBusLine.Back)));
        _peer.Process.StandardInput.AutoFlush = true;
        _lines = [topics!, new StreamLine(pipeIn, pipeOut), new StreamLine(socket, socket)];
        // Who has both ends would not see that the other side closed its own.
        Array.ForEach([peersIn, peersOut, peersSocket], Descriptor.Close);
    }

    /// <summary>Whether each process has a processor of its own.</summary>
    internal bool IsPinned { get; }

    /// <summary>The one for the measuring thread here, or -1.</summary>
    internal int Processor { get; }

    internal BenchLine Line(int transport) => _lines[transport];

    internal void Order(string what, int transport, int size) =>
        _peer.Process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {transport} {size}"));

    public void Dispose()
    {
        _peer.Process.Kill();
        _peer.Process.WaitForExit();
        _peer.Dispose();
    }

    private static ProcessStartInfo PeerStart(params int[] numbers)
    {
        string program = Environment.ProcessPath!;
        List<string> words = [Commands.BenchPeerCommand.Name, .. numbers.Select(static number => number.ToString(CultureInfo.InvariantCulture))];
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            words.Insert(0, typeof(BenchPair).Assembly.Location);
        }
        ProcessStartInfo start = new(program, words) { RedirectStandardInput = true };
        // Killed, it could not remove what debuggers would find it by.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }
}
