using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Doctor;

/// <summary>
/// Topics that processes have open and whose name is gone: whoever comes later makes another topic of that name, and neither side meets the other.
/// </summary>
internal sealed class UnlinkedCheck() : Check("unlinked")
{
    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        List<UnlinkedTopic> found = UnlinkedTopics.Find(patient.Directory);
        return found.Count == 0
            ? [Ok(patient.Directory, "no process has a topic open whose name is gone, as far as this user may look")]
            : found.Select(topic => Error(topic.Name, topic.Finding(File.Exists(Path.Combine(patient.Directory, topic.Name))).Message,
                "Those processes go on among themselves. Two topics of one name live side by side as soon as somebody makes it anew.",
                "Restart those processes. Never remove a topic by rm: 'shmbus rm' refuses one that is in use. After a logout see the finding on RemoveIPC."));
    }
}
