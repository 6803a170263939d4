using System.Diagnostics;

namespace ShmBus.Tests.Support;

/// <summary>One of the programs under examples/, built beside the tests, as a process of its own. Killed when disposed.</summary>
internal sealed class ExampleProgram : IDisposable
{
    private readonly Process _process;
    private readonly string _name;

    private ExampleProgram(Process process, string name)
    {
        _process = process;
        _name = name;
        Output = ReadToEndAsync();
    }

    /// <summary>All bytes that it wrote to standard output, once it ended; a failure with what it said if it did not succeed.</summary>
    internal Task<byte[]> Output { get; }

    /// <summary>The file of a program, in the same configuration as these tests.</summary>
    internal static string Assembly(string example, string program)
    {
        string output = Path.GetRelativePath(Repository.File("tests", "ShmBus.Tests"), AppContext.BaseDirectory);
        return Repository.File("examples", example, program, output, program + ".dll");
    }

    internal static ExampleProgram Start(string example, string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new("dotnet", [Assembly(example, program), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What is killed cannot remove the sockets and pipes that debuggers would find it by.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new ExampleProgram(Process.Start(start)!, program);
    }

    /// <summary>Sends it these bytes as its whole standard input.</summary>
    internal void WriteInput(ReadOnlySpan<byte> bytes)
    {
        using Stream input = _process.StandardInput.BaseStream;
        input.Write(bytes);
    }

    /// <summary>Waits until all have succeeded; the first that fails ends the wait, so that nobody waits for the dead.</summary>
    internal static async Task AllSucceed(params ExampleProgram[] programs)
    {
        await foreach (Task<byte[]> ended in Task.WhenEach(programs.Select(static program => program.Output)))
        {
            await ended;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private async Task<byte[]> ReadToEndAsync()
    {
        using MemoryStream output = new();
        Task<string> error = _process.StandardError.ReadToEndAsync();
        await _process.StandardOutput.BaseStream.CopyToAsync(output);
        string said = await error;
        await _process.WaitForExitAsync();
        return _process.ExitCode == 0
            ? output.ToArray()
            : throw new InvalidOperationException($"{_name} ended with {_process.ExitCode}: {said}");
    }
}
