using System.CommandLine;
using System.Globalization;
using ShmBus.Tool.Completion;

namespace ShmBus.Tool;

/// <summary>The options that every command has.</summary>
internal static class CommonOptions
{
    internal static readonly Option<string?> Bus = new("--bus")
    {
        Description = "The directory of the bus. Default: /dev/shm/shmbus-UID, or /dev/shm/shmbus-gGID with --group.",
        HelpName = "DIR",
        Recursive = true,
    };

    internal static readonly Option<int?> Group = new("--group")
    {
        Description = "Accept a bus and topics that this group shares, by its name or id.",
        HelpName = "GROUP",
        Recursive = true,
        CustomParser = static parsed =>
        {
            string text = parsed.Tokens[0].Value;
            if (FindGroup(text) is int id)
            {
                return id;
            }
            parsed.AddError($"There is no group '{text}'; name one of /etc/group, or its id.");
            return null;
        },
    };

    internal static readonly Option<bool> Json = new("--json")
    {
        Description = "Write JSON, for programs.",
        Recursive = true,
    };

    /// <summary>The topic that a command is about.</summary>
    internal static Argument<string> Topic(string description = "The name of the topic.") => new("TOPIC")
    {
        Description = description,
        // Without it the help would look for topics, and list them in its place.
        HelpName = "TOPIC",
        CompletionSources = { TopicCompletion.Find },
    };

    private static int? FindGroup(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            return id;
        }
        foreach (string line in File.Exists("/etc/group") ? File.ReadLines("/etc/group") : [])
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == text && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out id))
            {
                return id;
            }
        }
        return null;
    }
}
