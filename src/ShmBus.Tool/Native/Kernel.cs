using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Tool.Native;

/// <summary>The system calls that ShmBus would like to have, tried: by itself no version number tells what a container permits.</summary>
internal static unsafe partial class Kernel
{
    private const long SYS_futex_waitv = 449;
    private const uint FUTEX_32 = 2;
    private const int CLOCK_MONOTONIC = 1;
    private const int EAGAIN = 11;

    private const int MEMBARRIER_CMD_GLOBAL_EXPEDITED = 1 << 1;
    private const int MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 1 << 2;

    private const uint MFD_CLOEXEC = 1;
    private const uint MFD_ALLOW_SEALING = 2;
    private const int F_ADD_SEALS = 1033;
    private const int Seals = 1 | 2 | 4; // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW

    private const int PROT_READ_WRITE = 1 | 2;
    private const int MAP_SHARED = 1;
    private const int MAP_FIXED = 0x10;
    private const nint MAP_FAILED = -1;
    private const int MADV_COLLAPSE = 25;
    private const int HugePage = 2 << 20;

    private const int IN_CLOEXEC = 0x80000;
    private const uint IN_CLOSE_WRITE = 8;

    [StructLayout(LayoutKind.Sequential)]
    private struct futex_waitv
    {
        public ulong val;
        public ulong uaddr;
        public uint flags;
        public uint __reserved;
    }

    private static long SYS_membarrier => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 283 : 324;

    /// <summary>Waits for a word that has another value by now. Null if the kernel says just that, else why not.</summary>
    internal static string? TryFutexWaitv()
    {
        uint word = 1;
        futex_waitv wait = new() { val = 0, uaddr = (ulong)&word, flags = FUTEX_32 };
        long* longAgo = stackalloc long[2]; // struct timespec: if it slept all the same, not for long
        return syscall_futex_waitv(SYS_futex_waitv, &wait, 1, 0, longAgo, CLOCK_MONOTONIC) >= 0 || Marshal.GetLastPInvokeError() == EAGAIN ? null : LastError();
    }

    /// <summary>Registers for barriers of other processes, and makes one.</summary>
    internal static string? TryMembarrier() =>
        syscall_membarrier(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0 &&
        syscall_membarrier(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0 ? null : LastError();

    /// <summary>Makes a memfd, and seals it.</summary>
    internal static string? TryMemfd()
    {
        using SafeFileHandle file = NewMemfd();
        return !file.IsInvalid && ftruncate(file, 4096) == 0 && fcntl(file, F_ADD_SEALS, Seals) == 0 ? null : LastError();
    }

    /// <summary>Gathers pages of shared memory into a huge one. It takes 4 MiB for a moment.</summary>
    internal static string? TryHugePages()
    {
        using SafeFileHandle file = NewMemfd();
        if (file.IsInvalid || ftruncate(file, 2 * HugePage) < 0)
        {
            return LastError();
        }
        // Room enough to find an address in it that is a multiple of a huge page.
        nint room = mmap(0, 2 * HugePage, PROT_READ_WRITE, MAP_SHARED, file, 0);
        if (room == MAP_FAILED)
        {
            return LastError();
        }
        nint aligned = (room + HugePage - 1) & ~(nint)(HugePage - 1);
        string? problem;
        if (mmap(aligned, HugePage, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
        {
            problem = LastError();
        }
        else
        {
            *(byte*)aligned = 1;
            problem = madvise(aligned, HugePage, MADV_COLLAPSE) == 0 ? null : LastError();
        }
        _ = munmap(room, 2 * HugePage);
        return problem;
    }

    /// <summary>Makes an inotify instance, and watches a directory.</summary>
    internal static string? TryInotify(string directory)
    {
        using SafeFileHandle inotify = new(inotify_init1(IN_CLOEXEC), ownsHandle: true);
        return !inotify.IsInvalid && inotify_add_watch(inotify, directory, IN_CLOSE_WRITE) >= 0 ? null : LastError();
    }

    /// <summary>How much room the file system of a directory has. Null if it cannot be asked.</summary>
    internal static FileSystemRoom? ReadRoom(string directory)
    {
        // struct statvfs begins with these, the same with glibc and musl on 64 bits; what follows is not needed.
        ulong* fields = stackalloc ulong[32];
        return statvfs(directory, fields) == 0
            ? new FileSystemRoom(fields[2] * fields[1], fields[4] * fields[1], fields[5], fields[7])
            : null;
    }

    internal static uint EffectiveUser => geteuid();

    private static SafeFileHandle NewMemfd() => new(memfd_create("shmbus-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING), ownsHandle: true);

    private static string LastError() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall_futex_waitv(long number, futex_waitv* words, uint count, uint flags, long* timeout, int clock);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall_membarrier(long number, int command, uint flags, int cpu);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(SafeFileHandle inotify, string path, uint mask);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statvfs(string path, ulong* status);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}

/// <summary>The room of a file system.</summary>
/// <param name="Size">Its bytes.</param>
/// <param name="Free">Those that this user may still take.</param>
/// <param name="Inodes">The files that it can have; 0 where it does not count them.</param>
/// <param name="FreeInodes">The files that can still be made.</param>
internal sealed record FileSystemRoom(ulong Size, ulong Free, ulong Inodes, ulong FreeInodes);
