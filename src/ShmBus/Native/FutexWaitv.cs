using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>Sleeping on many words at once: futex_waitv, Linux 5.16.</summary>
internal static unsafe partial class Libc
{
    /// <summary>The same on every architecture.</summary>
    internal const long SYS_futex_waitv = 449;

    /// <summary>The most words of one call.</summary>
    internal const int FUTEX_WAITV_MAX = 128;

    internal const uint FUTEX_32 = 2;

    private const int CLOCK_MONOTONIC = 1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct futex_waitv
    {
        public ulong val;
        public ulong uaddr;
        public uint flags;
        public uint __reserved;
    }

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall_futex_waitv(long number, futex_waitv* words, uint count, uint flags, timespec* timeout, int clock);

    /// <summary>
    /// Sleeps while every word has its expected value. Returns at a wake of any, at a signal, at the deadline, when a word
    /// differs or is mapped no more, and sometimes for no reason: the caller looks again in each case.
    /// </summary>
    /// <param name="words">The words, from 1 to <see cref="FUTEX_WAITV_MAX"/>.</param>
    /// <param name="count">How many.</param>
    /// <param name="deadline">Absolute time in nanoseconds of CLOCK_MONOTONIC, or negative for none.</param>
    /// <returns>None, or why it cannot be done here: the kernel is too old, or a filter refuses the call.</returns>
    internal static ErrorNumber FutexWaitMany(futex_waitv* words, int count, long deadline)
    {
        timespec until = new() { tv_sec = deadline / 1_000_000_000, tv_nsec = deadline % 1_000_000_000 };
        long result = syscall_futex_waitv(SYS_futex_waitv, words, (uint)count, 0, deadline < 0 ? null : &until, CLOCK_MONOTONIC);
        return result >= 0 || Syscall.LastError is ErrorNumber.EAGAIN or ErrorNumber.EINTR or ErrorNumber.ETIMEDOUT or ErrorNumber.EFAULT
            ? ErrorNumber.None
            : Syscall.LastError;
    }

    /// <summary>Why <see cref="FutexWaitMany"/> cannot be used here; none where it can.</summary>
    internal static ErrorNumber WhyNoFutexWaitMany()
    {
        // Without a word it is refused as senseless where it exists.
        _ = syscall_futex_waitv(SYS_futex_waitv, null, 0, 0, null, CLOCK_MONOTONIC);
        return Syscall.LastError == ErrorNumber.EINVAL ? ErrorNumber.None : Syscall.LastError;
    }
}
