using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Passing;

namespace ShmBus.TestPeer;

/// <summary>Gets a grant by itself, does with the descriptor what no peer should, and says what the kernel said: a line for each, with the errno.</summary>
internal static unsafe partial class HandoverAttempts
{
    private const int FALLOC_FL_KEEP_SIZE = 1;
    private const int FALLOC_FL_PUNCH_HOLE = 2;

    internal static int Run(string address, string topic, RegionGrants grant)
    {
        using RawPeer peer = RawPeer.Connect(address);
        peer.Send(RawPeer.Request(topic, grant));
        using ReceivedMessage answer = peer.Receive()!;
        SafeFileHandle region = answer.Descriptors[0];
        long size = (long)Libc.Fstat(region, null).Size;
        nuint page = (nuint)Environment.SystemPageSize;
        byte value = 0;

        // The last byte of the ring, which nobody has come to.
        Say("pwrite", pwrite(region, &value, 1, size - 1));
        using Borrowed borrowed = new(region);
        Say("mmap writable", Map(Libc.PROT_READ | Libc.PROT_WRITE, borrowed.Fd, page, out _));
        Say("mmap readable", Map(Libc.PROT_READ, borrowed.Fd, page, out nint readable));
        Say("mprotect writable", mprotect(readable, page, Libc.PROT_READ | Libc.PROT_WRITE));
        Say("open writable", Reopen(borrowed.Fd, Libc.O_RDWR));
        Say("open readable", Reopen(borrowed.Fd, Libc.O_RDONLY));
        Say("truncate shorter", ftruncate(region, size - (long)page));
        Say("truncate to nothing", ftruncate(region, 0));
        Say("truncate longer", ftruncate(region, size + (long)page));
        Say("allocate longer", fallocate(region, 0, 0, size + (long)page));
        Say("add seals", Libc.AddSeals(region, 0x8)); // F_SEAL_WRITE
        Say("chmod", Libc.fchmod(region, 0x1FF));
        Say("chown", Libc.fchown(region, Libc.geteuid(), uint.MaxValue));
        Say("punch hole", fallocate(region, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size));
        Console.WriteLine("done");
        return 0;
    }

    private static void Say(string what, long result) => Console.WriteLine($"{what}: {(result < 0 ? Syscall.LastError : ErrorNumber.None)}");

    private static long Map(int protection, int fd, nuint length, out nint address) =>
        address = Libc.mmap(0, length, protection, Libc.MAP_SHARED, fd, 0);

    private static long Reopen(int fd, int flags)
    {
        using SafeFileHandle again = Libc.Open(Libc.ProcPath(fd), flags);
        return again.IsInvalid ? -1 : 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle fd, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle fd, int mode, long offset, long length);
}
