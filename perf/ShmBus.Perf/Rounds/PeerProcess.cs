using System.Diagnostics;

namespace ShmBus.Perf.Rounds;

/// <summary>A further process of this program, on a channel that main made.</summary>
internal sealed class PeerProcess : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PeerProcess(Process process)
    {
        _process = process;
        Report = ListenAsync();
    }

    /// <summary>The peer has opened the channel.</summary>
    public Task Ready => _ready.Task;

    /// <summary>What the peer saw. Fails as soon as the peer has failed or died.</summary>
    public Task<PeerReport> Report { get; }

    public static PeerProcess Start(IEnumerable<string> arguments, string? framework, string directory)
    {
        string program = framework is null
            ? Environment.ProcessPath ?? throw new PerfException("The path of this program is not known, so there can be no peer.")
            : SharedFramework.Host;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        // Else a peer that is killed leaves the sockets of its debugger behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        if (framework is not null)
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add("--runtimeconfig");
            start.ArgumentList.Add(SharedFramework.WriteConfiguration(framework, directory));
        }
        // Started as 'dotnet ShmBus.Perf.dll', the program is dotnet.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(typeof(PeerProcess).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return new PeerProcess(Process.Start(start)!);
    }

    /// <summary>Tells a producer that all are ready.</summary>
    public void Go()
    {
        _process.StandardInput.WriteLine(PeerProtocol.Go);
        _process.StandardInput.Flush();
    }

    /// <summary>Ends the peer, by force if it does not go by itself.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It died before it had read what it was told.
        }
        if (!_process.WaitForExit(s_grace))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task<PeerReport> ListenAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                if (line == PeerProtocol.Ready)
                    _ready.SetResult();
                else if (PeerProtocol.FailureIn(line) is { } reason)
                    throw new PerfException($"the peer: {reason}");
                else if (PeerProtocol.ReportIn(line) is { } report)
                    return report;
            }

            await _process.WaitForExitAsync().ConfigureAwait(false);
            throw new PerfException($"the peer died (exit code {_process.ExitCode})");
        }
        catch (Exception e)
        {
            _ready.TrySetException(e);
            throw;
        }
    }
}
