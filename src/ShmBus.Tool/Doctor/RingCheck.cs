namespace ShmBus.Tool.Doctor;

/// <summary>Whether some endpoint found that what is in a topic breaks the rules of the layout.</summary>
internal sealed class RingCheck() : Check("ring")
{
    internal override IEnumerable<Finding> Look(Patient patient)
    {
        bool isWell = true;
        foreach ((string name, TopicSnapshot snapshot) in patient.Snapshots)
        {
            if (snapshot.CorruptAt is long position)
            {
                isWell = false;
                yield return Error(name, $"an endpoint found it corrupt at position {position}",
                    "Somebody wrote over the ring. That endpoint stopped for good, and others that come to this place will.",
                    "End all processes that use it, remove it (shmbus rm), and let it be made anew. Look who else can write to the file.");
            }
        }
        if (isWell)
        {
            yield return Ok(patient.Directory, "no endpoint found a topic corrupt");
        }
    }
}
