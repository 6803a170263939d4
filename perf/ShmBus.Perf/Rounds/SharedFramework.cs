using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace ShmBus.Perf.Rounds;

/// <summary>
/// A shared framework of .NET's that only the peer of one transport needs: every process that names one starts later for it. So this
/// program names none but the base, and such a peer gets a configuration of its own.
/// </summary>
internal static class SharedFramework
{
    public const string AspNetCore = "Microsoft.AspNetCore.App";

    // .../dotnet/shared/Microsoft.NETCore.App/10.0.0
    private static readonly string s_shared = Path.GetFullPath("../..", Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory()));

    /// <summary>The program that runs others: which this process may not be, as it may have been started by its own name.</summary>
    public static string Host => Path.Combine(s_shared, "..", "dotnet");

    /// <summary>Why it cannot be used here, and what helps; or null.</summary>
    public static string? Missing(string name) =>
        Directory.Exists(Path.Combine(s_shared, name)) && Directory.EnumerateDirectories(Path.Combine(s_shared, name), $"{Environment.Version.Major}.*").Any()
            ? null
            : $"{name} is not installed beside this runtime, in {s_shared}: the SDK brings it, or the package aspnetcore-runtime-{Environment.Version.Major}.0";

    /// <summary>Writes this program's configuration with one framework more. Returns the file.</summary>
    public static string WriteConfiguration(string name, string directory)
    {
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(typeof(SharedFramework).Assembly.Location, "runtimeconfig.json")))!;
        JsonObject options = configuration["runtimeOptions"]!.AsObject();
        JsonNode netCore = options["framework"]!;
        options.Remove("framework");
        JsonNode added = netCore.DeepClone();
        added["name"] = name;
        options["frameworks"] = new JsonArray(netCore, added);
        string file = Path.Combine(directory, "runtimeconfig.json");
        File.WriteAllText(file, configuration.ToJsonString());
        return file;
    }
}
