using System.CommandLine;
using ShmBus.Tool.Completion;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>Deletes topics that nobody uses.</summary>
internal static class RmCommand
{
    internal static Command Create()
    {
        var command = new ToolCommand("rm", "Deletes topics that nobody uses, with the messages in them; damaged ones, too. What a living process has open stays.",
            "shmbus rm orders", "shmbus rm orders prices", "shmbus rm --stale");
        Argument<string[]> names = new("TOPIC") { HelpName = "TOPIC", Description = "The names of the topics.", Arity = ArgumentArity.ZeroOrMore, CompletionSources = { TopicCompletion.Find } };
        Option<bool> stale = new("--stale") { Description = "All topics that nobody uses, but those that are damaged or of another version." };
        command.Arguments.Add(names);
        command.Options.Add(stale);
        command.Run(context =>
        {
            string[] topics = context.Get(names) ?? [];
            if (topics.Length == 0 != context.Get(stale))
            {
                throw new ToolException(ExitCode.Usage, "Name the topics to delete, or say --stale for all that nobody uses.");
            }
            using Bus bus = context.OpenBus();
            List<RmFailure> failures = [];
            List<string> deleted = topics.Length == 0 ? [.. bus.DeleteStaleTopics()] : [.. topics.Where(name => Delete(bus, name, failures))];
            context.Write(new RmReport(deleted, failures), ToolJson.Default.RmReport, output => deleted.ForEach(name => output.WriteLine($"Deleted {name}.")));
            failures.ForEach(failure => context.Error.WriteLine($"shmbus rm: {failure.Message}"));
            return failures.Select(static failure => failure.Code).Distinct().ToArray() switch
            {
                [] => ExitCode.Success,
                [ExitCode code] => code,
                _ => ExitCode.Finding,
            };
        });
        return command;
    }

    private static bool Delete(Bus bus, string name, List<RmFailure> failures)
    {
        try
        {
            if (bus.DeleteTopic(name))
            {
                return true;
            }
            failures.Add(new(name, ExitCode.NotFound, $"There is no topic '{name}' on {bus.Directory}; 'shmbus ls' shows those that there are."));
        }
        catch (Exception exception) when (exception is not BusRemovedException && Failure.CodeOf(exception) is ExitCode code)
        {
            failures.Add(new(name, code, exception.Message.ReplaceLineEndings(" ")));
        }
        return false;
    }
}

internal sealed record RmReport(IReadOnlyList<string> Deleted, IReadOnlyList<RmFailure> Failures);

internal sealed record RmFailure(string Name, ExitCode Code, string Message);
