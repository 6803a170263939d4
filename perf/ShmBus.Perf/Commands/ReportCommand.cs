using System.CommandLine;
using ShmBus.Perf.Reporting;

namespace ShmBus.Perf.Commands;

/// <summary>What was measured, for people.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var command = new Command("report", "Makes a page with pictures and a table for a terminal of the files that --json wrote. build/perf.sh measures everything and calls this.");
        Option<DirectoryInfo> input = ParsedOption.Create("--input", "DIRECTORY", $"Where the files are: *.json, each a run; {Results.MachineFile} as 'machine' writes it.", OptionText.ExistingDirectory);
        input.Required = true;
        Option<FileInfo> output = ParsedOption.Create("--output", "FILE", "Write the page, HTML that needs nothing else, to this file.", OptionText.NewFile);
        Option<FileInfo> readme = ParsedOption.Create("--readme", "FILE", $"Replace the figures in this Markdown file, between '{ReadmeBlock.Begin}' and '{ReadmeBlock.End}'.", OptionText.ExistingFile);
        foreach (Option option in (Option[])[input, output, readme])
            command.Options.Add(option);
        command.SetAction((parsed, _) => SuiteRun.RunAsync(() =>
        {
            Results results = Results.Read(parsed.GetRequiredValue(input));
            if (parsed.GetValue(output) is { } page)
                File.WriteAllText(page.FullName, HtmlReport.Make(results));
            if (parsed.GetValue(readme) is { } markdown)
                File.WriteAllText(markdown.FullName, ReadmeBlock.Replace(File.ReadAllText(markdown.FullName), results));
            TextReport.Write(results, Console.Out);
            return Task.CompletedTask;
        }));
        return command;
    }
}
