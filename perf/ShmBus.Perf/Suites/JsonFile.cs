using System.Text.Json;

namespace ShmBus.Perf.Suites;

/// <summary>Writes what was measured, the rows of a run as one array of flat objects, and reads it.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true };

    public static void Write<T>(FileInfo file, T value) =>
        File.WriteAllText(file.FullName, JsonSerializer.Serialize(value, s_readable) + "\n");

    public static JsonElement Read(FileInfo file)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file.FullName));
            return json.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new PerfException($"{file.FullName}: {e.Message}");
        }
    }
}
