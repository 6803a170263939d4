using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>This program once more, with another command. Killed with SIGKILL when disposed, which ends a stopped one too.</summary>
internal sealed partial class SoakPeer : IDisposable
{
    private const int SigKill = 9;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly Process _process;
    private readonly string _name;

    private SoakPeer(Process process, string name)
    {
        _process = process;
        _name = name;
    }

    internal bool HasExited => _process.HasExited;

    internal static SoakPeer Start(string command, params object[] arguments)
    {
        IEnumerable<string> words = arguments.Select(static word => Convert.ToString(word, CultureInfo.InvariantCulture)!);
        ProcessStartInfo start = new("dotnet", [typeof(SoakPeer).Assembly.Location, command, .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What is killed cannot remove the sockets and pipes that debuggers would find it by.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        // Many are started, and live for a short time only.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment.Remove("DOTNET_TieredCompilation");
        start.Environment["SHMBUS_TEST_HOST"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return new SoakPeer(Process.Start(start)!, command);
    }

    /// <summary>The next line that it writes.</summary>
    internal string ReadLine(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(patience, cancellationToken).GetAwaiter().GetResult()
                ?? throw Ended();
        }
        catch (TimeoutException)
        {
            throw new SoakException($"'{_name}' said nothing for {patience}");
        }
    }

    internal void WriteLine(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            throw Ended();
        }
    }

    /// <summary>Waits for it to come to its own, good end.</summary>
    internal void AwaitEnd(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            _process.WaitForExitAsync(cancellationToken).WaitAsync(patience, cancellationToken).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            throw new SoakException($"'{_name}' does not end");
        }
        if (_process.ExitCode != 0)
        {
            throw Ended();
        }
    }

    internal void RequireAlive()
    {
        if (HasExited)
        {
            throw Ended();
        }
    }

    /// <summary>SIGKILL, and waits until it is dead. Not of anything else, which it would have something to say about.</summary>
    internal void Kill()
    {
        KillQuietly();
        if (_process.ExitCode != 128 + SigKill)
        {
            throw Ended();
        }
    }

    internal void Stop() => _ = kill(_process.Id, SigStop);

    internal void Continue() => _ = kill(_process.Id, SigCont);

    public void Dispose()
    {
        if (!HasExited)
        {
            KillQuietly();
        }
        _process.Dispose();
    }

    private void KillQuietly()
    {
        _ = kill(_process.Id, SigKill);
        _process.WaitForExit();
    }

    private SoakException Ended()
    {
        _process.WaitForExit();
        return new SoakException($"'{_name}' ended with {_process.ExitCode}: {_process.StandardError.ReadToEnd().Trim()}");
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
