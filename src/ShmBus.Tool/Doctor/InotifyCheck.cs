using System.Globalization;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Doctor;

/// <summary>What deaths of peers are noticed by: whether it works, and how much of it this user has left.</summary>
internal sealed class InotifyCheck() : Check("inotify")
{
    // A process of the bus has one.
    private const long FewInstances = 8;
    private const long FewWatches = 256;

    private const string Meaning = "Where no instance is left, a process notices that a peer was killed by a look now and then, within a second instead of a millisecond.";

    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        string watched = Directory.Exists(patient.Directory) ? patient.Directory : "/";
        if (Kernel.TryInotify(watched) is string problem)
        {
            yield return Warning("kernel", $"inotify is refused: {problem}", Meaning,
                "Raise fs.inotify.max_user_instances and fs.inotify.max_user_watches (sysctl), or end what uses them up.");
            yield break;
        }
        (long instances, long watches) = Used(patient);
        long? mostInstances = ReadLimit(patient, "max_user_instances");
        long? mostWatches = ReadLimit(patient, "max_user_watches");
        if (mostInstances - instances < FewInstances)
        {
            yield return Warning("kernel", $"{instances} of {mostInstances} inotify instances of this user are taken", Meaning, "Raise fs.inotify.max_user_instances (sysctl).");
        }
        else if (mostWatches - watches < FewWatches)
        {
            yield return Warning("kernel", $"{watches} of {mostWatches} inotify watches of this user are taken", Meaning, "Raise fs.inotify.max_user_watches (sysctl).");
        }
        else
        {
            yield return Ok("kernel", $"inotify works: {instances} of {mostInstances} instances and {watches} of {mostWatches} watches are taken");
        }
    }

    private static long? ReadLimit(Patient patient, string name) =>
        SystemFiles.ReadText($"{patient.Root}/proc/sys/fs/inotify/{name}") is string text && long.TryParse(text, CultureInfo.InvariantCulture, out long limit) ? limit : null;

    /// <summary>What the processes have that this user can look into.</summary>
    private static (long Instances, long Watches) Used(Patient patient)
    {
        long instances = 0;
        long watches = 0;
        foreach (RunningProcess process in RunningProcess.All(patient.Root).Where(process => process.User == patient.User))
        {
            foreach ((string number, string target) in process.Descriptors().Where(static file => file.Target == "anon_inode:inotify"))
            {
                instances++;
                watches += SystemFiles.ReadLines($"{process.Directory}/fdinfo/{number}").Count(static line => line.StartsWith("inotify wd:", StringComparison.Ordinal));
            }
        }
        return (instances, watches);
    }
}
