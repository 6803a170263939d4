using System.CommandLine;

namespace ShmBus.Tool;

/// <summary>A command with examples in its help, and one way to end: by an exit code, with a sentence on standard error where it failed.</summary>
internal sealed class ToolCommand : Command
{
    internal ToolCommand(string name, string description, params string[] examples) : base(name, description)
    {
        Examples = examples;
    }

    /// <summary>Whole command lines.</summary>
    internal IReadOnlyList<string> Examples { get; }

    /// <summary>What it does. The token is cancelled by Ctrl-C and SIGTERM.</summary>
    internal void Run(Func<ToolContext, CancellationToken, Task<ExitCode>> action) => SetAction(async (parsed, cancellation) =>
    {
        // System.CommandLine waits at a signal for what this returns, and for nothing before it has returned something: then the screen would stay as it is.
        await Task.Yield();
        var context = new ToolContext(parsed);
        try
        {
            return (int)await action(context, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (Failure.CodeOf(exception) is ExitCode code)
        {
            if (code != ExitCode.Cancelled)
            {
                await context.Error.WriteLineAsync($"shmbus {Name}: {exception.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            }
            return (int)code;
        }
    });

    /// <summary>What it does, without waiting for anything.</summary>
    internal void Run(Func<ToolContext, ExitCode> action) => Run((context, _) => Task.FromResult(action(context)));
}
