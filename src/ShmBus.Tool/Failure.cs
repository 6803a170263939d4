using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Tool;

/// <summary>What an exception means to whoever runs the tool. What is not here is a bug of the tool, and ends with its trace.</summary>
internal static class Failure
{
    /// <summary>The exit code for an exception that the library throws on purpose; null for any other.</summary>
    internal static ExitCode? CodeOf(Exception exception) => exception switch
    {
        ToolException failure => failure.Code,
        OperationCanceledException => ExitCode.Cancelled,
        TopicNameException => ExitCode.Usage,
        NotFoundErrnoException or BusRemovedException or FileNotFoundException or DirectoryNotFoundException => ExitCode.NotFound,
        AccessErrnoException or RegionOwnerException or UnauthorizedAccessException => ExitCode.Access,
        TopicInUseException or EndpointInUseException or TopicMismatchException => ExitCode.InUse,
        RegionTypeException or RegionFormatException => ExitCode.NotATopic,
        RegionSizeException => ExitCode.WrongSize,
        RegionVersionException or RegionPageSizeException or PlatformNotSupportedException => ExitCode.OtherVersion,
        RingCorruptException => ExitCode.Corrupt,
        SpaceErrnoException or LimitErrnoException => ExitCode.Space,
        ArgumentException => ExitCode.Usage,
        // IOException is the base of what the library throws, and of what files do.
        IOException => ExitCode.Finding,
        _ => null,
    };

    /// <summary>A word for scripts, the same for ever: the name of the exit code in small letters.</summary>
    internal static string NameOf(ExitCode code) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString());
}
