using ShmBus.Tool.Looking;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Doctor;

/// <summary>Whether the file system of the bus has room for topics: a container gets 64 MiB of shared memory unless told otherwise.</summary>
internal sealed class SpaceCheck() : Check("space")
{
    private const ulong OfAContainer = 64 << 20;

    // A topic with the default options takes that up.
    private const ulong OneTopic = 272 << 10;
    private const ulong FewInodes = 16;

    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        string place = Directory.Exists(patient.Directory) ? patient.Directory : Path.GetDirectoryName(patient.Directory) ?? "/";
        if (Kernel.ReadRoom(place) is not FileSystemRoom room)
        {
            yield return Note(place, "how much room there is cannot be asked", "A new topic may be refused for want of space.", "See 'df' for the directory.");
            yield break;
        }
        long[] sizes = [.. patient.Files.Where(static topic => topic.Problem is null).Select(static topic => topic.Size)];
        ulong topics = (ulong)sizes.Sum();
        ulong largest = Math.Max(OneTopic, (ulong)sizes.DefaultIfEmpty().Max());
        string text = $"{Text(room.Free)} of {Text(room.Size)} are free, topics take up {Text(topics)}";
        if (room.Free < OneTopic)
        {
            yield return Error(place, text, "A new topic is refused (ENOSPC). Those that exist have all their space, and go on.",
                "Free space there (du -a), remove topics that nobody uses (shmbus rm), or enlarge it: docker run --shm-size, or mount -o remount,size=.");
        }
        else if (room.Free < largest)
        {
            yield return Warning(place, $"{text}, the largest {Text(largest)}", "Another topic of that size is refused (ENOSPC).",
                "Enlarge it: docker run --shm-size, or mount -o remount,size=; or choose a smaller capacity.");
        }
        else if (room.Size <= OfAContainer)
        {
            yield return Note(place, $"{text}: as little as containers get by default", "It suffices for now, and for some more topics.",
                "If more are to come, enlarge it: docker run --shm-size.");
        }
        else
        {
            yield return Ok(place, text);
        }
        if (room.Inodes != 0 && room.FreeInodes < FewInodes)
        {
            yield return Error(place, $"{room.FreeInodes} of {room.Inodes} inodes are free", "When none is left, a new topic is refused (ENOSPC), however much space there is.",
                "Remove files there, or mount it with more: mount -o remount,nr_inodes=.");
        }
    }

    private static string Text(ulong bytes) => Humans.Bytes((long)Math.Min(bytes, long.MaxValue));
}
