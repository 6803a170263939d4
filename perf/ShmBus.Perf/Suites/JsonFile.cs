using System.Text.Json;

namespace ShmBus.Perf.Suites;

/// <summary>Writes the rows of a run as one array of flat objects.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true };

    public static void Write<TRow>(FileInfo file, IReadOnlyList<TRow> rows) =>
        File.WriteAllText(file.FullName, JsonSerializer.Serialize(rows, s_readable) + "\n");
}
