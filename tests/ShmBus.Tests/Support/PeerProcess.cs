using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.Tests.Support;

/// <summary>
/// A real second process: the TestPeer program beside these tests with a command, or a program in C. Talks by lines: what it writes to standard output is read here. Killed
/// with SIGKILL when disposed.
/// </summary>
internal sealed partial class PeerProcess : IDisposable
{
    private const int SigKill = 9;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    internal int Id => _process.Id;

    /// <summary>Whether the thread that runs the command lives; a filter of system calls may kill it alone.</summary>
    internal bool IsFirstThreadAlive => !File.ReadAllText($"/proc/{Id}/task/{Id}/stat").Contains(") Z ", StringComparison.Ordinal);

    /// <summary>Starts the peer with a command and its arguments.</summary>
    internal static PeerProcess Start(string command, params object[] arguments) => Start(new Confinement(), command, arguments);

    /// <summary>Starts the peer under limits, with fewer rights or with file systems of its own.</summary>
    internal static PeerProcess Start(Confinement confinement, string command, params object[] arguments)
    {
        // That of the tests which this file is a part of.
        string tests = typeof(PeerProcess).Assembly.GetName().Name!;
        string assembly = typeof(PeerProcess).Assembly.Location.Replace(tests, tests[..^"Tests".Length] + "TestPeer", StringComparison.Ordinal);
        return StartWords([.. confinement.Words, "dotnet", assembly, command], arguments, confinement.HasOwnProcesses);
    }

    /// <summary>Starts another program, which talks in the same way.</summary>
    internal static PeerProcess StartProgram(string path, params object[] arguments) => StartWords([path], arguments, hasOwnProcesses: false);

    private static PeerProcess StartWords(string[] words, object[] arguments, bool hasOwnProcesses)
    {
        IEnumerable<string> rest = arguments.Select(static argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        ProcessStartInfo start = new(words[0], [.. words[1..], .. rest])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Without compiling in tiers a peer does the same work at the start as later.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        // What is killed cannot remove the sockets and pipes that debuggers would find it by.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["SHMBUS_TEST_HOST"] = hasOwnProcesses ? "output" : Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return new PeerProcess(Process.Start(start)!);
    }

    /// <summary>The next line that the peer writes; a failure with all it said on standard error when it ended instead.</summary>
    internal string ReadLine() =>
        _process.StandardOutput.ReadLine() ?? throw new AssertionException($"The peer ended with {ExitCode()}: {_process.StandardError.ReadToEnd()}");

    /// <summary>Reads a line and fails unless it is this one.</summary>
    internal void Expect(string line) => Assert.That(ReadLine(), Is.EqualTo(line));

    /// <summary>The lines that the peer still writes, as they come, until it ends.</summary>
    internal IEnumerable<string> ReadLines()
    {
        while (_process.StandardOutput.ReadLine() is string line)
        {
            yield return line;
        }
    }

    /// <summary>All that it still writes, until it ends.</summary>
    internal string ReadToEnd() => _process.StandardOutput.ReadToEnd();

    /// <summary>All that it said on standard error, until it ends.</summary>
    internal string ReadError() => _process.StandardError.ReadToEnd();

    internal void WriteLine(string line) => _process.StandardInput.WriteLine(line);

    internal void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for the end of the process and returns its exit code.</summary>
    internal int ExitCode()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <summary>SIGKILL, and waits until it is dead.</summary>
    internal void Kill()
    {
        _ = kill(_process.Id, SigKill);
        _process.WaitForExit();
    }

    internal void Signal(int signal) => _ = kill(_process.Id, signal);

    internal void Stop() => _ = kill(_process.Id, SigStop);

    internal void Continue() => _ = kill(_process.Id, SigCont);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }
        _process.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
