using System.Globalization;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Doctor;

/// <summary>What a process of this shell may have: descriptors, locked memory, threads.</summary>
internal sealed class LimitsCheck() : Check("limits")
{
    // An endpoint has a handful of descriptors, a process of .NET about a hundred and two dozen threads.
    private const ulong FewDescriptors = 1024;
    private const ulong FewThreads = 256;

    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        string[] lines = SystemFiles.ReadLines($"{patient.Root}/proc/self/limits");
        ulong? descriptors = Limit(lines, "Max open files");
        ulong? locked = Limit(lines, "Max locked memory");
        ulong? threads = Limit(lines, "Max processes");
        bool isWell = true;
        if (descriptors < FewDescriptors)
        {
            isWell = false;
            yield return Warning("limits", $"a process may have {descriptors} files open (nofile)",
                "Each endpoint holds descriptors of its own: a process with many topics is refused some of them.",
                "Raise it: ulimit -n, LimitNOFILE of the systemd unit, or --ulimit nofile of the container.");
        }
        if (threads < FewThreads)
        {
            isWell = false;
            yield return Warning("limits", $"this user may have {threads} threads (nproc)",
                "A process that is refused a thread fails as it starts, or when it awaits first.",
                "Raise it: ulimit -u, or TasksMax of the systemd unit.");
        }
        // What topics take up that are there says what may be asked for.
        long largest = patient.Files.Select(static topic => topic.Size).DefaultIfEmpty().Max();
        if (locked < (ulong)largest)
        {
            isWell = false;
            yield return Note("limits", $"a process may lock {Text(locked)} of memory (memlock), less than the largest topic here ({Humans.Bytes(largest)})",
                "The option Lock of such a topic is refused; without it there is nothing to do.",
                "Raise it where Lock is used: ulimit -l, LimitMEMLOCK of the systemd unit, or the capability IPC_LOCK.");
        }
        if (isWell)
        {
            yield return Ok("limits", $"files {Count(descriptors)}, locked memory {Text(locked)}, threads {Count(threads)}");
        }
    }

    /// <summary>The soft limit; the greatest number where there is none, null where it cannot be known.</summary>
    private static ulong? Limit(string[] lines, string name)
    {
        string? value = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return value == "unlimited" ? ulong.MaxValue
            : ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong limit) ? limit : null;
    }

    private static string Count(ulong? limit) => limit is null ? "unknown" : limit == ulong.MaxValue ? "unlimited" : limit.Value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong? bytes) => bytes is null or ulong.MaxValue ? Count(bytes) : Humans.Bytes((long)bytes);
}
