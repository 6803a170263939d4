using System.Text.RegularExpressions;
using ShmBus.Native;

namespace ShmBus.Tool.Doctor;

/// <summary>Whether the directory of the bus is there, can be entered and trusted, and which other buses there are beside it.</summary>
internal sealed partial class DirectoryCheck() : Check("directory")
{
    private const string SharedMemory = "/dev/shm";

    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        yield return patient.Problem switch
        {
            null => Ok(patient.Directory, "it is there, and nobody else can change it"),
            NotFoundErrnoException => Note(patient.Directory, "there is no such directory",
                "No process has opened this bus: who publishes or subscribes on it makes it. Processes of different users have different buses unless told otherwise.",
                "Name the bus that is meant (--bus DIR), or start a process that makes it."),
            Exception problem => Error(patient.Directory, problem.Message.ReplaceLineEndings(" "),
                "Processes that are careful whom they trust refuse this bus.",
                "Give the directory to the user whose bus it is, with mode 700 (chown, chmod); look at the bus of a group with --group."),
        };
        if (Path.GetDirectoryName(patient.Directory) == SharedMemory)
        {
            string self = Path.GetFileName(patient.Directory);
            string[] others = [.. SystemFiles.Names(SharedMemory).Where(name => name != self && NameOfBus().IsMatch(name))];
            if (others.Length > 0)
            {
                yield return Note(SharedMemory, $"other buses are there: {string.Join(", ", others)}",
                    "A process that runs as another user, or was given another name or group, uses another bus, and meets nobody on this one.",
                    $"If a peer is missing here, look there: shmbus ls --bus {SharedMemory}/{others[0]}");
            }
        }
    }

    // As BusOptions makes them.
    [GeneratedRegex(@"^shmbus-g?[0-9]+(\.|$)")]
    private static partial Regex NameOfBus();
}
