using System.Diagnostics;
using System.Globalization;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Bench;

/// <summary>This process and the other one, with all ways between them open, so that rounds of each can follow one another.</summary>
internal sealed class BenchPair : IDisposable
{
    /// <summary>The names of <see cref="_lines"/>.</summary>
    internal static readonly string[] Transports = ["shmbus", "pipe", "socket"];

    private const string SharedMemory = "/dev/shm";

    private readonly DirectoryInfo _directory = Directory.CreateDirectory(
        Path.Combine(Directory.Exists(SharedMemory) ? SharedMemory : Path.GetTempPath(), $"shmbus-bench.{Guid.NewGuid():n}"),
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private readonly BenchLine[] _lines;
    private readonly Process _peer;

    internal BenchPair()
    {
        int[] processors = Processors.Allowed();
        IsPinned = processors.Length > 1;
        Processor = IsPinned ? processors[0] : -1;
        (int peersIn, int pipeOut) = Descriptor.MakePipe();
        (int pipeIn, int peersOut) = Descriptor.MakePipe();
        (int socket, int peersSocket) = Descriptor.MakeSocketPair();
        _lines = [ShmBusLine.Create(_directory.FullName), new StreamLine(pipeIn, pipeOut), new StreamLine(socket, socket)];
        _peer = Start(_directory.FullName, IsPinned ? processors[1] : -1, peersIn, peersOut, peersSocket, pipeIn, pipeOut, socket);
        // Who has both ends would not see that the other side closed its own.
        Array.ForEach([peersIn, peersOut, peersSocket], Descriptor.Close);
    }

    /// <summary>Whether each process has a processor of its own.</summary>
    internal bool IsPinned { get; }

    /// <summary>The one for the measuring thread here, or -1.</summary>
    internal int Processor { get; }

    /// <summary>Waits until the other process has opened all. From then on no name is left, however the processes end.</summary>
    internal void AwaitPeer()
    {
        if (_peer.StandardOutput.ReadLine() != "ready")
        {
            throw new ToolException(ExitCode.Finding, $"The second process did not start: {_peer.StandardError.ReadToEnd().Trim()}");
        }
        _directory.Delete(recursive: true);
    }

    /// <summary>Ends when the other process does.</summary>
    internal Task PeerEnd => _peer.WaitForExitAsync();

    internal string PeerError => _peer.StandardError.ReadToEnd().Trim();

    internal BenchLine Line(int transport) => _lines[transport];

    internal void Order(string what, int transport, int size) =>
        _peer.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {transport} {size}"));

    public void Dispose()
    {
        if (!_peer.HasExited)
        {
            _peer.Kill();
            _peer.WaitForExit();
        }
        _peer.Dispose();
        if (Directory.Exists(_directory.FullName))
        {
            _directory.Delete(recursive: true);
        }
    }

    private static Process Start(string directory, int processor, params int[] descriptors)
    {
        string program = Environment.ProcessPath!;
        List<string> words = [Commands.BenchPeerCommand.Name, directory, .. descriptors.Prepend(processor).Select(static number => number.ToString(CultureInfo.InvariantCulture))];
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            words.Insert(0, typeof(BenchPair).Assembly.Location);
        }
        ProcessStartInfo start = new(program, words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Killed, it could not remove what debuggers would find it by.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        Process peer = Process.Start(start)!;
        peer.StandardInput.AutoFlush = true;
        return peer;
    }
}
