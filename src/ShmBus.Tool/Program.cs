using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using ShmBus.Tool;
using ShmBus.Tool.Commands;

ParseResult parsed = AllCommands.Root().Parse(args);
// --help and directives have an action of their own, which comes before mistakes.
if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
{
    // The last one is the most telling: an unknown command is also one that is missing.
    await Console.Error.WriteLineAsync($"shmbus: {parsed.Errors[^1].Message} See '{CommandPath(parsed.CommandResult)} --help'.").ConfigureAwait(false);
    return (int)ExitCode.Usage;
}
return await parsed.InvokeAsync().ConfigureAwait(false);

static string CommandPath(CommandResult command) =>
    command.Parent is CommandResult parent ? $"{CommandPath(parent)} {command.Command.Name}" : "shmbus";
