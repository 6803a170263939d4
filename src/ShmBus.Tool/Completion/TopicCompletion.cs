using System.CommandLine.Completions;

namespace ShmBus.Tool.Completion;

/// <summary>Completes topics by name, from the bus that the command line names.</summary>
internal static class TopicCompletion
{
    internal static IEnumerable<CompletionItem> Find(CompletionContext context)
    {
        try
        {
            using Bus bus = new ToolContext(context.ParseResult).OpenBus();
            return [.. bus.ListTopics().Where(static topic => topic.Problem is not TopicNameException).Select(static topic => new CompletionItem(topic.Name))];
        }
        catch (Exception exception) when (Failure.CodeOf(exception) is not null)
        {
            // The command will say what is wrong; a shell that completes has no place for it.
            return [];
        }
    }
}
