using System.CommandLine;
using ShmBus.Perf.Files;
using ShmBus.Perf.Measuring;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Commands;

internal static class FilesCommand
{
    private const int LeastChunk = 2 * Payload.MinimumSize;
    private const int MostChunk = 4 << 20;
    private const int UsualMebibytes = 16;
    private const int QuickMebibytes = 4;

    private static readonly List<int> s_usualChunks = [16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1 << 20, MostChunk];
    private static readonly List<int> s_quickChunks = [16, 4096, 1 << 20];

    public static Command Create()
    {
        var command = new Command(SuiteName.Files, "A file written and read by calls, through a mapping and through a region of ShmBus, with the page faults of each; in one process.");
        Option<List<FileMethod>> methods = ParsedOption.Create("--method", "LIST", $"Which to measure, separated by commas: {string.Join(", ", FileMethod.All.Select(method => method.Name))}. Default: all.",
            text => OptionText.List(text, Method));
        Option<List<int>> sizes = ParsedOption.Create("--size", "LIST", $"Bytes in a chunk, {LeastChunk} to {MostChunk}; or several, separated by commas. Default: {string.Join(',', s_usualChunks)}, or with --quick {string.Join(',', s_quickChunks)}.",
            text => OptionText.List(text, element => OptionText.Integer(element, LeastChunk, MostChunk)));
        Option<int> mebibytes = ParsedOption.Create("--mebibytes", "NUMBER", $"Size of the file, 1 to 128 MiB; at most 262144 chunks are written. Default: {UsualMebibytes}, or with --quick {QuickMebibytes}.",
            text => OptionText.Integer(text, 1, 128));
        Option<DirectoryInfo> directory = ParsedOption.Create("--directory", "DIRECTORY", "A directory on a disk; the other files are made in /dev/shm. Default: that of temporary files.",
            OptionText.ExistingDirectory);
        foreach (Option option in (Option[])[methods, sizes, mebibytes, directory])
            command.Options.Add(option);
        var run = new RunOptions(command, "CPUs, separated by commas, the first of which is measured on. Default: 0,1.");
        command.SetAction((parsed, cancellation) => SuiteRun.RunAsync(async () =>
        {
            bool isQuick = run.IsQuick(parsed);
            var plan = new FilesPlan(
                parsed.ValueOr(methods, [.. FileMethod.All]),
                [new FilePlace(FilePlace.Disk, parsed.ValueOr(directory, new DirectoryInfo(Path.GetTempPath())).FullName.TrimEnd('/')), FilePlace.OnTmpfs],
                parsed.ValueOr(sizes, isQuick ? s_quickChunks : s_usualChunks),
                (long)parsed.ValueOr(mebibytes, isQuick ? QuickMebibytes : UsualMebibytes) << 20,
                run.RoundsIn(parsed),
                run.CpusIn(parsed)[0]);
            (List<FilesRow> rows, IReadOnlyList<string> leftOut) = await FilesSuite.RunAsync(plan, cancellation).ConfigureAwait(false);
            Summary.Write(rows, Console.Out);
            foreach (string reason in leftOut)
                Console.WriteLine(reason);
            run.WriteJson(parsed, rows);
        }));
        return command;
    }

    private static FileMethod Method(string text) => FileMethod.All.FirstOrDefault(method => method.Name == text)
        ?? throw new PerfException($"'{text}' is none of {string.Join(", ", FileMethod.All.Select(method => method.Name))}");
}
