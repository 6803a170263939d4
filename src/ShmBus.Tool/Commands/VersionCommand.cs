using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>What runs here: a layout of another major version is refused.</summary>
internal static class VersionCommand
{
    internal static Command Create()
    {
        var command = new ToolCommand("version", "Shows the versions of the tool, of the layout of regions, and of what it runs on.", "shmbus version", "shmbus version --json");
        command.Run(static context =>
        {
            VersionReport report = Read();
            context.Write(report, ToolJson.Default.VersionReport, output => output.Write(new KeyValueText
            {
                { "shmbus", report.Version },
                { "layout", report.Layout },
                { "runtime", report.Runtime },
                { "system", report.System },
                { "architecture", report.Architecture },
            }));
            return ExitCode.Success;
        });
        return command;
    }

    private static VersionReport Read()
    {
        string version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return new VersionReport(
            version, Bus.LayoutVersion.ToString(2), RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription, RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());
    }
}

/// <param name="Layout">Major and minor version of the layout of regions, as in 1.2.</param>
internal sealed record VersionReport(string Version, string Layout, string Runtime, string System, string Architecture);
