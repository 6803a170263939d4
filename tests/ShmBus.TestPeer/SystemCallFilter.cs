using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>Filters of system calls for the calling thread, and those that it starts.</summary>
internal static unsafe partial class SystemCallFilter
{
    private const int PR_SET_SECCOMP = 22;
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int SECCOMP_MODE_FILTER = 2;
    private const uint SECCOMP_RET_ALLOW = 0x7FFF0000;
    private const uint SECCOMP_RET_KILL_THREAD = 0;
    private const uint SECCOMP_RET_KILL_PROCESS = 0x80000000;
    private const uint SECCOMP_RET_ERRNO = 0x00050000;
    private const uint EPERM = 1;
    private const uint FutexWaitv = 449;

    private const ushort LoadWord = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort JumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort Return = 0x06; // BPF_RET | BPF_K

    /// <summary>
    /// Makes the kernel kill the calling thread at its first system call other than write. A seccomp filter, because seccomp's strict
    /// mode also takes the time stamp counter away, which reading the clock without a system call needs.
    /// </summary>
    internal static void Forbid()
    {
        uint write = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 64u : 1u;
        Install(write, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_THREAD);
    }

    /// <summary>Makes the kernel refuse futex_waitv, as the filters of older containers do.</summary>
    internal static void RefuseFutexWaitv() => Install(FutexWaitv, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);

    /// <summary>Makes the kernel kill the process, as SIGKILL would, when the calling thread comes to a system call.</summary>
    /// <param name="call">Its name.</param>
    internal static void DieAt(string call)
    {
        bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        uint number = call switch
        {
            "fchownat" => isArm ? 54u : 260u,
            "chmod" => isArm ? 53u : 90u, // arm64 has fchmodat only
            "renameat2" => isArm ? 276u : 316u,
            _ => throw new ArgumentException($"There is no number for '{call}' here."),
        };
        Install(number, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
    }

    private static void Install(uint number, uint then, uint otherwise)
    {
        Instruction* program = stackalloc Instruction[]
        {
            new(LoadWord, 0, 0, 0), // the number of the call
            new(JumpIfEqual, 0, 1, number),
            new(Return, 0, 0, then),
            new(Return, 0, 0, otherwise),
        };
        Program filter = new(4, program);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (nint)(&filter), 0, 0) != 0)
        {
            throw new InvalidOperationException("The kernel refuses PR_SET_SECCOMP.");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, byte ifTrue, byte ifFalse, uint k)
    {
        private readonly ushort _code = code;
        private readonly byte _ifTrue = ifTrue;
        private readonly byte _ifFalse = ifFalse;
        private readonly uint _k = k;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Program(ushort length, Instruction* instructions)
    {
        private readonly ushort _length = length;
        private readonly Instruction* _instructions = instructions;
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint argument2, nint argument3, nint argument4, nint argument5);
}
