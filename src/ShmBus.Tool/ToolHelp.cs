using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ShmBus.Tool;

/// <summary>The help of System.CommandLine, with examples, and with the exit codes where it is about the whole tool.</summary>
internal sealed class ToolHelp(HelpAction help) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        using StringWriter text = new();
        parseResult.InvocationConfiguration.Output = text;
        int code = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        // It names the program by its file, which is not what users type.
        output.Write(text.ToString().Replace($"  {RootCommand.ExecutableName} ", "  shmbus ", StringComparison.Ordinal));
        if (parseResult.CommandResult.Command is ToolCommand { Examples: { Count: > 0 } examples })
        {
            WriteSection(output, "Examples", examples);
        }
        if (parseResult.CommandResult.Command is RootCommand)
        {
            WriteSection(output, "Exit codes", Enum.GetValues<ExitCode>().Select(static code => $"{(int)code,-5}{Failure.NameOf(code)}"));
        }
        return code;
    }

    /// <summary>Puts it in the place of the plain help.</summary>
    internal static void Install(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new ToolHelp((HelpAction)option.Action!);
    }

    private static void WriteSection(TextWriter output, string title, IEnumerable<string> lines)
    {
        output.WriteLine($"{title}:");
        foreach (string line in lines)
        {
            output.WriteLine($"  {line}");
        }
        output.WriteLine();
    }
}
