using System.CommandLine;
using ShmBus.Perf.Measuring;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

/// <summary>The options that both suites have.</summary>
internal sealed class SuiteOptions<TTransport>
    where TTransport : ITransport
{
    private readonly IReadOnlyList<TTransport> _known;
    private readonly WaitMode _usualWait;
    private readonly Option<List<TTransport>> _transports;
    private readonly Option<List<int>> _sizes;
    private readonly Option<WaitMode> _wait;
    private readonly Option<TimeSpan> _seconds;
    private readonly Option<int> _rounds;
    private readonly Option<List<int>> _cpus;
    private readonly Option<FileInfo> _json;

    public SuiteOptions(Command command, IReadOnlyList<TTransport> known, WaitMode usualWait)
    {
        _known = known;
        _usualWait = usualWait;
        string names = string.Join(", ", known.Select(transport => transport.Name));
        _transports = ParsedOption.Create("--transport", "LIST", $"Which to measure, separated by commas: {names}. Default: all.",
            text => OptionText.List(text, name => OptionText.Transport(name, known)));
        _sizes = ParsedOption.Create("--size", "LIST", $"Bytes in a message, {Payload.MinimumSize} to {ChannelSettings.MaximumSize}; or several, separated by commas. Default: 64.",
            text => OptionText.List(text, OptionText.Size));
        _wait = ParsedOption.Create("--wait", "MODE", $"How shmbus waits: spin, adaptive or park. The others wait in their one way, which the rows name. With more processes than CPUs, spin measures the scheduler. Default: {usualWait.Label()}.",
            OptionText.Wait);
        _seconds = ParsedOption.Create("--seconds", "NUMBER", "How long to measure in each round, after its warm-up. Default: 2.",
            OptionText.Seconds);
        _rounds = ParsedOption.Create("--rounds", "NUMBER", "Rounds; each measures every transport once, with new processes and channels. Default: 5.",
            OptionText.Rounds);
        _cpus = ParsedOption.Create("--cpus", "LIST", "Two CPUs or more, separated by commas, that the processes are pinned to, in turn: main, peer, further producers. Default: 0,1.",
            OptionText.Cpus);
        _json = ParsedOption.Create("--json", "FILE", "Write all rows to this file, as an array of flat objects.",
            OptionText.NewFile);

        foreach (Option option in (Option[])[_transports, _sizes, _wait, _seconds, _rounds, _cpus, _json])
            command.Options.Add(option);
    }

    public Plan<TTransport> PlanIn(ParseResult parsed, List<int> producers) => new(
        parsed.ValueOr(_transports, [.. _known]),
        parsed.ValueOr(_sizes, [64]),
        producers,
        parsed.ValueOr(_wait, _usualWait),
        parsed.ValueOr(_seconds, TimeSpan.FromSeconds(2)),
        parsed.ValueOr(_rounds, 5),
        parsed.ValueOr(_cpus, [0, 1]));

    public FileInfo? JsonIn(ParseResult parsed) => parsed.GetValue(_json);
}
