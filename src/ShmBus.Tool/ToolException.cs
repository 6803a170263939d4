namespace ShmBus.Tool;

/// <summary>A command cannot go on. Its message is one sentence that says why and what to do.</summary>
internal sealed class ToolException(ExitCode code, string message) : Exception(message)
{
    internal ExitCode Code { get; } = code;
}
