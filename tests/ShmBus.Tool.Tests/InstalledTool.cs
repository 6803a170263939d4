namespace ShmBus.Tool.Tests;

/// <summary>The tool as users get it: packed, then installed from a folder into a home directory where nothing was before.</summary>
internal sealed class InstalledTool : IDisposable
{
    private readonly TestDirectory _directory = new(Path.GetTempPath());

    internal InstalledTool()
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        Run("dotnet", "pack", Repository.File("src", "ShmBus.Tool"), "-c", configuration, "--no-build", "-o", _directory.File("packages"), "-nodeReuse:false", "-nologo",
            $"-p:NuspecOutputPath={_directory.File("nuspec")}/", $"-p:PublishDir={_directory.File("publish")}/");
        Directory.CreateDirectory(Home);
        Run("env", "-i", $"PATH={Environment.GetEnvironmentVariable("PATH")}", $"DOTNET_ROOT={Root}", $"HOME={Home}", "DOTNET_CLI_TELEMETRY_OPTOUT=1", "DOTNET_NOLOGO=1",
            "dotnet", "tool", "install", "ShmBus.Tool", "--global", "--source", _directory.File("packages"), "--prerelease");
    }

    /// <summary>A command line of sh that runs it, with what its environment needs.</summary>
    internal string Command => $"env HOME={Home} DOTNET_ROOT={Root} DOTNET_EnableDiagnostics=0 LC_ALL=C.UTF-8 {Home}/.dotnet/tools/shmbus";

    private string Home => _directory.File("home");

    private static string Root => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    public void Dispose() => _directory.Dispose();

    private static void Run(string name, params string[] arguments)
    {
        MachineProgram.Result result = MachineProgram.Run(name, arguments);
        Assert.That(result.Succeeded, Is.True, $"{name} {string.Join(' ', arguments)}: {result.Output}{result.Error}");
    }
}
