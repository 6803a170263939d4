using System.Globalization;

namespace ShmBus.Tool.Doctor;

/// <summary>
/// Topics that processes have open and whose name is gone: whoever comes later makes another topic of that name, and neither side meets the other.
/// </summary>
internal sealed class UnlinkedCheck() : Check("unlinked")
{
    private const string Deleted = " (deleted)";

    internal override IEnumerable<Finding> Look(Patient patient)
    {
        bool isWell = true;
        foreach (IGrouping<string, int> topic in Unlinked(patient).Distinct().GroupBy(static found => found.Topic, static found => found.Process).OrderBy(static topic => topic.Key, StringComparer.Ordinal))
        {
            isWell = false;
            bool isReplaced = File.Exists(Path.Combine(patient.Directory, topic.Key));
            string processes = string.Join(", ", topic.Order().Select(static id => id.ToString(CultureInfo.InvariantCulture)));
            yield return Error(topic.Key,
                isReplaced ? $"there are two topics of that name: the file of one was removed while it was in use, by process {processes}" : $"its file was removed while it was in use, by process {processes}",
                isReplaced ? "Those processes go on among themselves, and do not meet those who use the file that is there now." : "Those processes go on among themselves. Whoever comes later makes a new topic, and does not meet them.",
                "Restart those processes. Never remove a topic by rm: 'shmbus rm' refuses one that is in use. After a logout see the finding on RemoveIPC.");
        }
        if (isWell)
        {
            yield return Ok(patient.Directory, "no process has a topic open whose name is gone, as far as this user may look");
        }
    }

    private static IEnumerable<(string Topic, int Process)> Unlinked(Patient patient)
    {
        string prefix = patient.Directory + "/";
        foreach (RunningProcess process in RunningProcess.All(patient.Root))
        {
            foreach (string target in process.Descriptors().Select(static file => file.Target))
            {
                // One that begins with '#' is being made, and has no name yet.
                if (target.StartsWith(prefix, StringComparison.Ordinal) && target.EndsWith(Deleted, StringComparison.Ordinal) && target[prefix.Length] != '#')
                {
                    yield return (target[prefix.Length..^Deleted.Length], process.Id);
                }
            }
        }
    }
}
