using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>
/// Sleeping on a word of memory and waking the sleeper, across processes: the shared kind, without FUTEX_PRIVATE_FLAG, so
/// that the kernel finds the word by inode and offset and not by address.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int FUTEX_WAKE = 1;
    internal const int FUTEX_WAIT_BITSET = 9;
    internal const uint FUTEX_BITSET_MATCH_ANY = 0xFFFFFFFF;

    [StructLayout(LayoutKind.Sequential)]
    internal struct timespec
    {
        public long tv_sec;
        public long tv_nsec;
    }

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall_futex(long number, uint* word, int operation, uint value, timespec* timeout, uint* word2, uint value3);

    /// <summary>
    /// Sleeps while the word has the expected value. Returns at a wake, at a signal, at the deadline, when the word differs,
    /// and sometimes for no reason: the caller looks again in each case.
    /// </summary>
    /// <param name="word">The word, in shared memory.</param>
    /// <param name="expected">The value to sleep at.</param>
    /// <param name="deadline">Absolute time in nanoseconds of CLOCK_MONOTONIC, or negative for none.</param>
    internal static void FutexWait(uint* word, uint expected, long deadline)
    {
        timespec until = new() { tv_sec = deadline / 1_000_000_000, tv_nsec = deadline % 1_000_000_000 };
        long result = syscall_futex(SYS_futex, word, FUTEX_WAIT_BITSET, expected, deadline < 0 ? null : &until, null, FUTEX_BITSET_MATCH_ANY);
        if (result < 0 && Syscall.LastError is not (ErrorNumber.EAGAIN or ErrorNumber.EINTR or ErrorNumber.ETIMEDOUT))
        {
            throw ErrnoException.From(Syscall.LastError, "futex(FUTEX_WAIT)");
        }
    }

    /// <summary>Wakes whoever sleeps on the word; returns how many there were, as far as that is known.</summary>
    internal static int FutexWake(uint* word)
    {
        long woken = syscall_futex(SYS_futex, word, FUTEX_WAKE, int.MaxValue, null, null, 0);
        // Whoever may read the word can sleep there as if it were a PI futex, which makes the kernel refuse: no reason for this side to fail.
        return woken < 0 && Syscall.LastError == ErrorNumber.EINVAL ? 0 : (int)Syscall.Check(woken, "futex(FUTEX_WAKE)");
    }
}
