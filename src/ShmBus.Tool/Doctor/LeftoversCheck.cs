using System.Text.RegularExpressions;

namespace ShmBus.Tool.Doctor;

/// <summary>What processes left that were killed on the way: directories that did not get their name, and lanes of topics that are gone.</summary>
internal sealed partial class LeftoversCheck() : Check("leftovers")
{
    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        List<Diagnosis> found = [.. UnnamedDirectories(patient), .. LeftLanes(patient)];
        return found.Count > 0 ? found : [Ok(patient.Directory, "nothing is left of processes that were killed while they made something")];
    }

    private IEnumerable<Diagnosis> UnnamedDirectories(Patient patient)
    {
        string parent = Path.GetDirectoryName(patient.Directory) ?? "/";
        foreach (string path in SystemFiles.Names(parent, $".{Path.GetFileName(patient.Directory)}.new-*").Select(name => Path.Combine(parent, name)))
        {
            yield return Warning(path, "it was left by a process that was killed while it made the directory of this bus",
                "It is empty and in nobody's way: the next process of that user that makes this bus goes on with it.",
                "Remove it (rmdir), or let it be.") with
            {
                // Where the bus has its name, whoever is still about to name this one finds that it came second.
                Repair = Directory.Exists(patient.Directory) ? new Repair($"removes the empty directory {path}", () => TryRemoveDirectory(path)) : null,
            };
        }
    }

    private IEnumerable<Diagnosis> LeftLanes(Patient patient)
    {
        foreach (string name in SystemFiles.Names(patient.Directory).Where(name => LaneOf().Match(name) is { Success: true } lane && !File.Exists(Path.Combine(patient.Directory, lane.Groups[1].Value))))
        {
            yield return Warning(name, "it is the lane of a topic that is gone",
                "Somebody removed the topic's file and not those of its lanes. Nobody can read what is in them any more.",
                "Remove topics by 'shmbus rm', which takes their lanes along.") with
            {
                Repair = patient.Bus is Bus bus ? new Repair("removes the lanes of topics that are gone, but for those that a process has open", () => bus.DeleteLeftLanes().Count > 0) : null,
            };
        }
    }

    private static bool TryRemoveDirectory(string path)
    {
        try
        {
            Directory.Delete(path, recursive: false);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Named by now, another user's, or not empty: then it is something else.
            return false;
        }
    }

    [GeneratedRegex(@"^(.+)\.lane[0-9]+$")]
    private static partial Regex LaneOf();
}
