using System.CommandLine;
using ShmBus.Perf.Measuring;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

/// <summary>The options that all suites over transports have.</summary>
internal sealed class SuiteOptions<TTransport>
    where TTransport : ITransport
{
    private const double UsualSeconds = 2;
    private const double QuickSeconds = 0.3;

    private readonly IReadOnlyList<TTransport> _known;
    private readonly WaitMode _usualWait;
    private readonly Option<List<TTransport>> _transports;
    private readonly Option<List<int>> _sizes;
    private readonly Option<WaitMode> _wait;
    private readonly Option<TimeSpan> _seconds;
    private readonly RunOptions _run;

    public SuiteOptions(Command command, IReadOnlyList<TTransport> known, WaitMode usualWait)
    {
        _known = known;
        _usualWait = usualWait;
        string names = string.Join(", ", known.Select(transport => transport.Name));
        _transports = ParsedOption.Create("--transport", "LIST", $"Which to measure, separated by commas: {names}. Default: all.",
            text => OptionText.List(text, name => OptionText.Transport(name, known)));
        _sizes = ParsedOption.Create("--size", "LIST", $"Bytes in a message, {Payload.MinimumSize} to {ChannelSettings.MaximumSize}; or several, separated by commas. Rings are of 256 KiB, or as large as eight messages, where that is more. Default: 64.",
            text => OptionText.List(text, OptionText.Size));
        _wait = ParsedOption.Create("--wait", "MODE", $"How shmbus waits: spin, adaptive or park. The others wait in their one way, which the rows name. With more processes than CPUs, spin measures the scheduler. Default: {usualWait.Label()}.",
            OptionText.Wait);
        _seconds = ParsedOption.Create("--seconds", "NUMBER", FormattableString.Invariant($"How long to measure in each round, after its warm-up. Default: {UsualSeconds}, or with --quick {QuickSeconds}."),
            OptionText.Seconds);
        foreach (Option option in (Option[])[_transports, _sizes, _wait, _seconds])
            command.Options.Add(option);
        _run = new RunOptions(command, "Two CPUs or more, separated by commas, that the processes are pinned to, in turn: main, peer, further peers. Default: 0,1.");
    }

    public bool IsQuick(ParseResult parsed) => _run.IsQuick(parsed);

    public Plan<TTransport> PlanIn(ParseResult parsed, params IReadOnlyList<Shape> shapes) => new(
        parsed.ValueOr(_transports, [.. _known]),
        parsed.ValueOr(_sizes, [64]),
        shapes,
        parsed.ValueOr(_wait, _usualWait),
        parsed.ValueOr(_seconds, TimeSpan.FromSeconds(IsQuick(parsed) ? QuickSeconds : UsualSeconds)),
        _run.RoundsIn(parsed),
        _run.CpusIn(parsed));

    /// <summary>Runs a suite, tells people of it, and writes its rows to the file, where one is asked for.</summary>
    public Task<int> RunAsync<TRow>(ParseResult parsed, Plan<TTransport> plan, Func<Task<List<TRow>>> measure, Action<IReadOnlyList<TRow>, TextWriter> summarize) =>
        SuiteRun.RunAsync(async () =>
        {
            List<TRow> rows = await measure().ConfigureAwait(false);
            summarize(rows, Console.Out);
            Summary.WriteNotes(plan, Console.Out);
            _run.WriteJson(parsed, rows);
        });
}
