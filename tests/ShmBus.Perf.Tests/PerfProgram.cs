using System.Diagnostics;
using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Tests;

/// <summary>ShmBus.Perf as a process of its own. Killed when disposed; its peers end then by themselves.</summary>
internal sealed class PerfProgram : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private PerfProgram(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    /// <summary>All that it wrote to standard output, once it ended.</summary>
    internal string Output => _output.Result;

    internal string Error => _error.Result;

    /// <summary>Starts a suite, on processors that there are.</summary>
    internal static PerfProgram Start(params IEnumerable<string> arguments) => StartCommand([.. arguments, "--cpus", OwnProcessors.Two]);

    internal static PerfProgram StartCommand(params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new("dotnet", [typeof(LatencyRow).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What is killed cannot remove the sockets and pipes that debuggers would find it by.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["LC_ALL"] = "C";
        return new PerfProgram(Process.Start(start)!);
    }

    /// <summary>Waits for its end and returns its exit code.</summary>
    internal int ExitCode()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <summary>SIGKILL, and waits until it is dead.</summary>
    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }
        _process.Dispose();
    }
}
