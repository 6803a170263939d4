using System.CommandLine;
using System.Globalization;
using ShmBus.Tool.Bench;
using ShmBus.Tool.Native;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>A picture of this machine: ShmBus against a pipe and a socket, between two processes.</summary>
internal static class BenchCommand
{
    private const double Most = 120;

    private static readonly Option<double> Seconds = new("--seconds")
    {
        Description = "How long it takes in all, from 1 to 120.",
        HelpName = "SECONDS",
        DefaultValueFactory = static _ => 30,
        CustomParser = static parsed =>
        {
            if (double.TryParse(parsed.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 1 and <= Most)
            {
                return seconds;
            }
            parsed.AddError($"'{parsed.Tokens[0].Value}' is not a number of seconds from 1 to 120.");
            return 0;
        },
    };

    internal static Command Create()
    {
        var command = new ToolCommand("bench", "Shows how fast messages go from one process to another on this machine: by ShmBus, by a pipe, and by a Unix stream socket.",
            "shmbus bench", "shmbus bench --seconds 120", "shmbus bench --json | jq '.rows[] | select(.course == \"round_trip_64\")'");
        command.Options.Add(Seconds);
        command.Run(RunAsync);
        return command;
    }

    private static async Task<ExitCode> RunAsync(ToolContext context, CancellationToken cancellation)
    {
        bool showsProgress = !context.IsJson && !Console.IsErrorRedirected;
        using BenchPair pair = new();
        BenchRun run = new(pair, TimeSpan.FromSeconds(context.Get(Seconds)), text => Report(context, showsProgress, text));
        Task<BenchRow[]> measuring = BenchThread.Start(run.Run);
        // Its thread may be in the middle of a round, and ends with this process.
        await Task.WhenAny(measuring, Task.Delay(Timeout.Infinite, cancellation)).ConfigureAwait(false);
        Report(context, showsProgress, "");
        cancellation.ThrowIfCancellationRequested();
        BenchReport report = new(context.Get(Seconds), pair.IsPinned, Processors.Allowed().Length, await measuring.ConfigureAwait(false));
        bool isTerminal = !Console.IsOutputRedirected;
        context.Write(report, ToolJson.Default.BenchReport, output => BenchText.Write(output, report, isTerminal ? Console.WindowWidth : 80, isTerminal ? '█' : '#'));
        return ExitCode.Success;
    }

    private static void Report(ToolContext context, bool isOn, string text)
    {
        if (isOn)
        {
            context.Error.Write($"\r{text,-70}{(text.Length == 0 ? "\r" : "")}");
        }
    }
}
