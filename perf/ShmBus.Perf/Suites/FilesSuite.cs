using ShmBus.Perf.Files;
using ShmBus.Perf.Native;
using ShmBus.Perf.Rounds;

namespace ShmBus.Perf.Suites;

/// <summary>
/// The same file, written and read in the ways that there are, in one process. What is written is made, and what is read is verified, by
/// the same code: in a buffer where a call copies, in place where the file is mapped.
/// </summary>
internal static class FilesSuite
{
    /// <summary>Returns the rows, and what could not be measured, with its reason.</summary>
    public static async Task<(List<FilesRow> Rows, IReadOnlyList<string> LeftOut)> RunAsync(FilesPlan plan, CancellationToken cancellation)
    {
        var rows = new List<FilesRow>();
        var leftOut = new Dictionary<FilesStep, string>();
        await MeasuringThread.Run(() =>
        {
            Affinity.PinThread(plan.Cpu);
            List<FilesStep> steps = [.. plan.Steps];
            var progress = new Progress(SuiteName.Files, plan.Rounds, steps.Count);
            // Once more in front, for what the runtime still compiles.
            foreach (FilesStep step in steps.DistinctBy(step => (step.Method, step.Touch, step.Place)))
                TryMeasure(step with { Chunks = Math.Min(step.Chunks, 16) }, 0, [], leftOut, step);
            for (int number = 1; number <= plan.Rounds; number++)
            {
                foreach (FilesStep step in steps)
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress.Begin(number, $"{step.Method.Name} on {step.Place.Name}, {step.Chunk} bytes");
                    if (!leftOut.ContainsKey(step))
                        TryMeasure(step, number, rows, leftOut, step);
                }
            }

            progress.End();
        }).ConfigureAwait(false);
        string[] reasons = [.. leftOut.GroupBy(static pair => pair.Value, static pair => pair.Key.Chunk)
            .Select(static group => $"With chunks of {string.Join(", ", group.Distinct())} bytes {group.Key}")];
        return rows.Count > 0 ? (rows, reasons) : throw new PerfException(string.Join(Environment.NewLine, reasons));
    }

    private static void TryMeasure(FilesStep step, int number, List<FilesRow> rows, Dictionary<FilesStep, string> leftOut, FilesStep key)
    {
        string? reason = step.Method.WhyNot(step.Chunk, step.Chunks);
        string directory = step.Place.NewDirectory();
        try
        {
            if (reason is null)
                rows.AddRange(Measure(step, number, Path.Combine(directory, "file")));
        }
        // A system may refuse to populate a mapping, or to make its pages huge; the others can do without.
        catch (RefusedException e) when (step.Touch != Touch.First)
        {
            reason = e.Message;
        }
        finally
        {
            ScratchDirectory.Remove(directory);
        }

        if (reason is not null)
            leftOut[key] = $"{step.Method.Name}, {step.TouchLabel}, on {step.Place.Name} ({step.Place.FileSystem}) is left out: {reason}.";
    }

    private static IEnumerable<FilesRow> Measure(FilesStep step, int number, string path)
    {
        using FileCourse course = step.Method.Create(path, step.Chunk, step.Chunks, step.Touch);
        ulong first = (ulong)number << 32 | 1;
        ulong second = first + (ulong)step.Chunks;
        ResourceUsage toWrite = Use(() => Open(course.OpenToWrite));
        ResourceUsage write = Use(() => course.Write(first));
        ResourceUsage sync = Use(() => Sync(course, step));
        ResourceUsage toRead = Use(() => Open(course.OpenToRead));
        ResourceUsage read = Use(() => course.Read(first));
        course.Rewind();
        ResourceUsage rewrite = Use(() => course.Write(second));
        ResourceUsage resync = Use(() => Sync(course, step));
        ResourceUsage reread = Use(() => course.Read(second));
        return
        [
            Row("write", write, toWrite, sync),
            Row("read", read, toRead, default),
            Row("rewrite", rewrite, default, resync),
            Row("reread", reread, default, default),
        ];

        FilesRow Row(string pass, ResourceUsage use, ResourceUsage setup, ResourceUsage syncing)
        {
            long bytes = (long)step.Chunk * step.Chunks;
            return new FilesRow(
                SuiteName.Files, step.Method.Name, step.Place.Name, step.Place.FileSystem, step.Chunk, step.TouchLabel, step.SyncLabel, pass, number,
                bytes, use.Seconds, bytes / (use.Seconds + syncing.Seconds), use.Seconds * 1e9 / step.Chunks, setup.Seconds * 1e6, syncing.Seconds * 1e6,
                use.MinorFaults, use.MajorFaults, setup.MinorFaults, setup.MajorFaults);
        }
    }

    private static void Sync(FileCourse course, FilesStep step)
    {
        if (step.Syncing != Syncing.None)
            course.Sync(step.Syncing);
    }

    private static void Open(Action open)
    {
        try
        {
            open();
        }
        catch (PerfException e)
        {
            throw new RefusedException(e.Message);
        }
    }

    private static ResourceUsage Use(Action action)
    {
        ResourceUsage before = ResourceUsage.Now();
        action();
        return ResourceUsage.Now() - before;
    }

    /// <summary>A file could not be opened in the way that was asked for. What goes wrong later is an error.</summary>
    private sealed class RefusedException(string message) : Exception(message);
}
