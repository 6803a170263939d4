using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Doctor;

/// <summary>What stands in the directory and is no topic that can be used: damaged, of another version, another's, or something else.</summary>
internal sealed class FilesCheck() : Check("files")
{
    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        TopicInfo[] wrong = [.. patient.Files.Where(static topic => topic.Problem is not null)];
        foreach (TopicInfo topic in wrong)
        {
            yield return Describe(topic, topic.Problem!);
        }
        LookedAt[] withWrongLanes = [.. patient.Topics.Where(static topic => topic is { Info.Problem: null, Now: null })];
        foreach (LookedAt topic in withWrongLanes)
        {
            yield return Error(topic.Name, string.Join(' ', topic.Problems.Select(static problem => problem.Message)),
                "One of its lanes is damaged, or something else. Its subscriber fails as it comes to that lane, and so does the publisher whose it is.", RemoveAdvice(topic.Info!));
        }
        if (wrong.Length + withWrongLanes.Length == 0)
        {
            yield return Ok(patient.Directory, $"all files in it are whole topics: {patient.Files.Count()}");
        }
    }

    private Diagnosis Describe(TopicInfo topic, Exception problem)
    {
        string what = problem.Message.ReplaceLineEndings(" ");
        return problem switch
        {
            RegionSizeException when topic.Size == 0 => Error(topic.Name, what, "It is empty: somebody made or emptied it by other means than ShmBus. Processes that want this topic are refused.", RemoveAdvice(topic)),
            RegionSizeException => Error(topic.Name, what,
                "It was truncated, extended, or cut off in a copy. Processes that want this topic are refused, and one that has it mapped dies by SIGBUS when it comes to a page that is gone.", RemoveAdvice(topic)),
            RegionTypeException => Error(topic.Name, what,
                "The name leads elsewhere. No process follows it, so a topic of that name can neither be opened nor made.",
                "Remove what stands there, after a look at who put it there."),
            RegionVersionException => Error(topic.Name, what,
                "It was made by another major version of ShmBus, or needs what this one does not know. Processes with this version are refused; those with the other one go on.",
                "Use the same major version on both sides. Once nobody uses it any more, remove the file (rm)."),
            RegionPageSizeException => Error(topic.Name, what, "It was made on a machine, or under a kernel, with pages of another size.", RemoveAdvice(topic)),
            RegionFormatException => Error(topic.Name, what,
                "It is another kind of file, or somebody wrote over its header. Processes that want a topic of this name are refused.", RemoveAdvice(topic)),
            RegionOwnerException or AccessErrnoException => Error(topic.Name, what,
                "Its rights or its owner are not those of this bus, so processes of this user refuse it, or are refused.",
                "Give all processes the same user, or share the bus with a group (BusOptions.Mode and Group; --group here); else remove it."),
            TopicNameException => Warning(topic.Name, what, "It is no topic, and nobody can open it as one. It takes up space.", "Keep other files elsewhere: move or remove it."),
            _ => Error(topic.Name, what, "Processes that want this topic are refused.", "See the message."),
        };
    }

    private static string RemoveAdvice(TopicInfo topic) => topic.IsInUse
        ? "Some process has it open: end it first. Then 'shmbus rm', and let the topic be made anew."
        : "Nobody has it open: 'shmbus rm' removes it, and the next process makes it anew.";
}
