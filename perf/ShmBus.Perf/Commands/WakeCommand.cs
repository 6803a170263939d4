using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

internal static class WakeCommand
{
    private const double UsualIdleSeconds = 2;
    private const double QuickIdleSeconds = 0.5;

    public static Command Create()
    {
        var command = new Command(SuiteName.Wake, "One-way latency to a reader that sleeps, and what two processes cost that have nothing to do.");
        var options = new SuiteOptions<ILatencyTransport>(command, TransportCatalog.Latency, WaitMode.Park);
        Option<List<TimeSpan>> gaps = ParsedOption.Create("--gap", "LIST", "How long the reader may sleep before each message, in milliseconds, 0 to 1000; or several, separated by commas. Default: 1,10.",
            text => OptionText.List(text, OptionText.Gap));
        Option<TimeSpan> idle = ParsedOption.Create("--idle", "SECONDS", FormattableString.Invariant($"How long both are left alone after that, in each round. Default: {UsualIdleSeconds}, or with --quick {QuickIdleSeconds}."),
            OptionText.Seconds);
        command.Options.Add(gaps);
        command.Options.Add(idle);
        command.SetAction((parsed, cancellation) =>
        {
            TimeSpan idleTime = parsed.ValueOr(idle, TimeSpan.FromSeconds(options.IsQuick(parsed) ? QuickIdleSeconds : UsualIdleSeconds));
            Plan<ILatencyTransport> plan = options.PlanIn(parsed,
                [.. parsed.ValueOr(gaps, [TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(10)]).Select(gap => new Shape(Gap: gap, IdleTime: idleTime))]);
            return options.RunAsync(parsed, plan, () => WakeSuite.RunAsync(plan, cancellation), Summary.Write);
        });
        return command;
    }
}
