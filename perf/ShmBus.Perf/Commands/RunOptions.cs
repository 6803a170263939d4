using System.CommandLine;
using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Commands;

/// <summary>The options that every suite has.</summary>
internal sealed class RunOptions
{
    private const int UsualRounds = 5;
    private const int QuickRounds = 3;

    private readonly Option<int> _rounds;
    private readonly Option<List<int>> _cpus;
    private readonly Option<FileInfo> _json;
    private readonly Option<bool> _quick;

    public RunOptions(Command command, string cpusDescription)
    {
        _rounds = ParsedOption.Create("--rounds", "NUMBER", $"Rounds; each measures everything once, with new processes, channels and files. Default: {UsualRounds}, or with --quick {QuickRounds}.",
            OptionText.Rounds);
        _cpus = ParsedOption.Create("--cpus", "LIST", cpusDescription, OptionText.Cpus);
        _json = ParsedOption.Create("--json", "FILE", "Write all rows to this file, as an array of flat objects.",
            OptionText.NewFile);
        _quick = new Option<bool>("--quick") { Description = "Shorter and fewer rounds, where nothing else is said: to see figures soon, not to rely on them." };
        foreach (Option option in (Option[])[_rounds, _cpus, _json, _quick])
            command.Options.Add(option);
    }

    public bool IsQuick(ParseResult parsed) => parsed.GetValue(_quick);

    public int RoundsIn(ParseResult parsed) => parsed.ValueOr(_rounds, IsQuick(parsed) ? QuickRounds : UsualRounds);

    public List<int> CpusIn(ParseResult parsed) => parsed.ValueOr(_cpus, [0, 1]);

    public void WriteJson<TRow>(ParseResult parsed, IReadOnlyList<TRow> rows)
    {
        if (parsed.GetValue(_json) is { } file)
            JsonFile.Write(file, rows);
    }
}
