using System.CommandLine;
using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Commands;

internal static class CompareCommand
{
    public static Command Create()
    {
        var command = new Command("compare",
            "Says what got worse between two files that --json wrote, and fails if anything did. A figure got worse, or better, if the medians of its rounds are further apart than the spreads of both files' rounds together, "
            + $"and by more than {Comparison.LeastPart:0%}. The spread goes from the least to the greatest of the rounds, when the farthest from the median of every four are left out. Fewer than {Comparison.LeastRounds} rounds prove nothing.");
        Option<FileInfo> baseFile = Required("--base", "Before.");
        Option<FileInfo> newFile = Required("--new", "After.");
        command.Options.Add(baseFile);
        command.Options.Add(newFile);
        command.SetAction((parsed, _) => SuiteRun.RunAsync(() =>
        {
            List<Finding> findings = Comparison.Compare(JsonFile.Read(parsed.GetRequiredValue(baseFile)), JsonFile.Read(parsed.GetRequiredValue(newFile)));
            foreach (var group in findings.GroupBy(finding => finding.Verdict).OrderBy(group => group.Key))
            {
                Console.WriteLine($"{Heading(group.Key)}: {group.Count()}");
                foreach (Finding finding in group)
                    Console.WriteLine($"  {finding}");
            }

            if (findings.Exists(finding => finding.Verdict == Verdict.Worse))
                throw new PerfException("Something got worse.");
            if (!findings.Exists(finding => finding.Verdict is Verdict.Better or Verdict.Same))
                throw new PerfException($"Nothing could be compared: it takes the same measurements in both files, and {Comparison.LeastRounds} rounds of each.");
            return Task.CompletedTask;
        }));
        return command;
    }

    private static Option<FileInfo> Required(string name, string description)
    {
        Option<FileInfo> option = ParsedOption.Create(name, "FILE", description, OptionText.ExistingFile);
        option.Required = true;
        return option;
    }

    private static string Heading(Verdict verdict) => verdict switch
    {
        Verdict.Worse => "Worse",
        Verdict.Better => "Better",
        Verdict.Same => "The same, within the noise",
        Verdict.TooFewRounds => $"Fewer than {Comparison.LeastRounds} rounds, so nothing can be said",
        Verdict.OnlyInBase => "Only in the base",
        _ => "Only in the new file",
    };
}
