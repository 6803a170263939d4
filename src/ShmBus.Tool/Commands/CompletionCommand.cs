using System.CommandLine;

namespace ShmBus.Tool.Commands;

/// <summary>Writes a script by which a shell completes command lines of the tool. It asks the tool itself, and needs nothing else.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new("SHELL") { Description = "The shell: bash, zsh or fish." };

    internal static Command Create()
    {
        Shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new ToolCommand("completion", "Writes a script that makes a shell complete commands, options and topics.",
            "eval \"$(shmbus completion bash)\"", "eval \"$(shmbus completion zsh)\"", "shmbus completion fish | source");
        command.Arguments.Add(Shell);
        command.Run(static context =>
        {
            using Stream script = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"shmbus.{context.Get(Shell)}")!;
            using StreamReader reader = new(script);
            context.Output.Write(reader.ReadToEnd());
            return ExitCode.Success;
        });
        return command;
    }
}
