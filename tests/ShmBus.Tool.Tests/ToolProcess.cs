using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ShmBus.Tool.Tests;

/// <summary>The tool as a process of its own. Killed when disposed. Input and output are bytes: what is expected to be text is decoded.</summary>
internal sealed class ToolProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<byte[]> _output;
    private readonly Task<string> _error;

    private ToolProcess(Process process)
    {
        _process = process;
        _output = ReadAsync(process.StandardOutput.BaseStream);
        _error = process.StandardError.ReadToEndAsync();
    }

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    /// <summary>Its standard input. Close it to end it.</summary>
    internal Stream Input => _process.StandardInput.BaseStream;

    /// <summary>All that it wrote to standard output, once it ended.</summary>
    internal byte[] OutputBytes => _output.Result;

    internal string Output => System.Text.Encoding.UTF8.GetString(OutputBytes);

    internal string Error => _error.Result;

    internal ExitCode ExitCode
    {
        get
        {
            _process.WaitForExit();
            return (ExitCode)_process.ExitCode;
        }
    }

    /// <summary>Starts it. Its standard input stays open until <see cref="Input"/> is closed.</summary>
    internal static ToolProcess Start(params IEnumerable<object> arguments)
    {
        IEnumerable<string> words = arguments.Select(static argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        ProcessStartInfo start = new("dotnet", [typeof(ToolCommand).Assembly.Location, .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What is killed cannot remove the sockets and pipes that debuggers would find it by.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["LC_ALL"] = "C";
        start.Environment.Remove("FORCE_COLOR");
        return new ToolProcess(Process.Start(start)!);
    }

    /// <summary>Runs it to its end, with nothing on standard input.</summary>
    internal static Result Run(params IEnumerable<object> arguments)
    {
        using ToolProcess process = Start(arguments);
        process.Input.Close();
        return new Result(process.ExitCode, process.Output, process.Error);
    }

    /// <summary>SIGINT is 2, SIGTERM is 15.</summary>
    internal void Signal(int signal) => _ = Posix.kill(_process.Id, signal);

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

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using MemoryStream bytes = new();
        await stream.CopyToAsync(bytes).ConfigureAwait(false);
        return bytes.ToArray();
    }

    /// <summary>How a run ended.</summary>
    internal sealed record Result(ExitCode ExitCode, string Output, string Error)
    {
        /// <summary>What it wrote, as JSON. Fails if it wrote something else, or more.</summary>
        internal JsonElement Json => JsonElement.Parse(Output);
    }
}
