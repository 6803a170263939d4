using System.Diagnostics;

namespace ShmBus.Tests.Support;

/// <summary>A program of the machine, run to its end.</summary>
internal static class Tool
{
    internal readonly record struct Result(int ExitCode, string Output, string Error)
    {
        internal bool Succeeded => ExitCode == 0;
    }

    /// <summary>Whether a program of this name is on the path.</summary>
    internal static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, name)));

    internal static Result Run(string name, params IEnumerable<string> arguments) => RunWithInput("", name, arguments);

    internal static Result RunWithInput(string input, string name, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(name, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What a program says is compared here: not in the language of whoever runs the tests.
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all: its exit code and its messages say why.
        }
        process.WaitForExit();
        return new Result(process.ExitCode, output.Result, error.Result);
    }
}
