using ShmBus.Tool.Native;

namespace ShmBus.Tool.Doctor;

/// <summary>A system call that ShmBus does without where it is refused, at a price.</summary>
internal abstract class KernelCheck(string name, Func<Patient, string?> tried, string price, string advice) : Check(name)
{
    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        string? problem = tried(patient);
        yield return problem is null ? Ok("kernel", $"{Name} works") : Warning("kernel", $"{Name} is refused: {problem}", price, advice);
    }
}

/// <summary>What one thread awaits many topics with.</summary>
internal sealed class FutexWaitvCheck() : KernelCheck("futex_waitv", static _ => Kernel.TryFutexWaitv(),
    "A thread that awaits topics looks at them again and again instead of sleeping: await takes some milliseconds, and processor time while idle.",
    "Use Linux 5.16 or later, and permit the call in the seccomp profile of the container.");

/// <summary>What spares publishers a fence in every message.</summary>
internal sealed class MembarrierCheck() : KernelCheck("membarrier", static _ => Kernel.TryMembarrier(),
    "Every message costs a memory fence, and sleeps end after 1 to 20 ms to look again: publishing is slower, and idle processes use some processor time.",
    "Permit membarrier in the seccomp profile of the container.");

/// <summary>What topics without a file are made of.</summary>
internal sealed class MemfdCheck() : KernelCheck("memfd", static _ => Kernel.TryMemfd(),
    "Anonymous topics, which are handed to other processes by a socket, cannot be made.",
    "Permit memfd_create in the seccomp profile of the container, or use topics with a name.");
