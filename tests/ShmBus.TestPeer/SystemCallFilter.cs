using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>Filters of system calls for the calling thread, and those that it starts.</summary>
internal static unsafe partial class SystemCallFilter
{
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const uint SECCOMP_SET_MODE_FILTER = 1;
    private const uint SECCOMP_FILTER_FLAG_TSYNC = 1;
    private const uint SECCOMP_RET_ALLOW = 0x7FFF0000;
    private const uint SECCOMP_RET_KILL_THREAD = 0;
    private const uint SECCOMP_RET_KILL_PROCESS = 0x80000000;
    private const uint SECCOMP_RET_ERRNO = 0x00050000;
    private const uint EPERM = 1;
    private const uint FutexWaitv = 449;

    // The number of the call, and the lower half of its first argument, in struct seccomp_data.
    private const uint CallNumber = 0;
    private const uint FirstArgument = 16;

    // Two bits, each a command: MEMBARRIER_CMD_GLOBAL_EXPEDITED and MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED.
    private const uint GlobalBarriers = 1 << 1 | 1 << 2;

    private const ushort LoadWord = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort JumpIfAnyBit = 0x45; // BPF_JMP | BPF_JSET | BPF_K
    private const ushort JumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort Return = 0x06; // BPF_RET | BPF_K

    /// <summary>
    /// Makes the kernel kill the calling thread at its first system call other than write. A seccomp filter, because seccomp's strict
    /// mode also takes the time stamp counter away, which reading the clock without a system call needs.
    /// </summary>
    internal static void Forbid()
    {
        Install(everywhere: false,
        [
            new(LoadWord, 0, 0, CallNumber),
            new(JumpIfEqual, 0, 1, IsArm ? 64u : 1u), // write
            new(Return, 0, 0, SECCOMP_RET_ALLOW),
            new(Return, 0, 0, SECCOMP_RET_KILL_THREAD),
        ]);
    }

    /// <summary>Makes the kernel refuse futex_waitv, as the filters of older containers do.</summary>
    /// <param name="everywhere">Also to the threads that are there by now.</param>
    internal static void RefuseFutexWaitv(bool everywhere = false)
    {
        Install(everywhere,
        [
            new(LoadWord, 0, 0, CallNumber),
            new(JumpIfEqual, 0, 1, FutexWaitv),
            new(Return, 0, 0, SECCOMP_RET_ERRNO | EPERM),
            new(Return, 0, 0, SECCOMP_RET_ALLOW),
        ]);
    }

    /// <summary>Makes the kernel refuse memfd_create to the calling thread, and to the processes that it starts.</summary>
    internal static void RefuseMemfd()
    {
        Install(everywhere: false,
        [
            new(LoadWord, 0, 0, CallNumber),
            new(JumpIfEqual, 0, 1, IsArm ? 279u : 319u), // memfd_create
            new(Return, 0, 0, SECCOMP_RET_ERRNO | EPERM),
            new(Return, 0, 0, SECCOMP_RET_ALLOW),
        ]);
    }

    /// <summary>
    /// Makes the kernel refuse the barriers that reach other processes, and to be one that they reach. The runtime needs those that do not.
    /// </summary>
    internal static void RefuseBarriers()
    {
        Install(everywhere: true,
        [
            new(LoadWord, 0, 0, CallNumber),
            new(JumpIfEqual, 0, 3, IsArm ? 283u : 324u), // membarrier
            new(LoadWord, 0, 0, FirstArgument),
            new(JumpIfAnyBit, 0, 1, GlobalBarriers),
            new(Return, 0, 0, SECCOMP_RET_ERRNO | EPERM),
            new(Return, 0, 0, SECCOMP_RET_ALLOW),
        ]);
    }

    /// <summary>Makes the kernel kill the process, as SIGKILL would, when the calling thread comes to a system call.</summary>
    /// <param name="call">Its name.</param>
    internal static void DieAt(string call)
    {
        uint number = call switch
        {
            "fchownat" => IsArm ? 54u : 260u,
            "chmod" => IsArm ? 53u : 90u, // arm64 has fchmodat only
            "renameat2" => IsArm ? 276u : 316u,
            _ => throw new ArgumentException($"There is no number for '{call}' here."),
        };
        Install(everywhere: false,
        [
            new(LoadWord, 0, 0, CallNumber),
            new(JumpIfEqual, 0, 1, number),
            new(Return, 0, 0, SECCOMP_RET_KILL_PROCESS),
            new(Return, 0, 0, SECCOMP_RET_ALLOW),
        ]);
    }

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private static void Install(bool everywhere, ReadOnlySpan<Instruction> instructions)
    {
        fixed (Instruction* program = instructions)
        {
            Program filter = new((ushort)instructions.Length, program);
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
                syscall_seccomp(IsArm ? 277 : 317, SECCOMP_SET_MODE_FILTER, everywhere ? SECCOMP_FILTER_FLAG_TSYNC : 0, &filter) != 0)
            {
                throw new InvalidOperationException("The kernel refuses seccomp.");
            }
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

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long syscall_seccomp(long number, uint operation, uint flags, Program* filter);
}
