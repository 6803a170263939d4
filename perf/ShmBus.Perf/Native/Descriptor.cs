using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>Blocking reads and writes on a bare descriptor: the least that .NET can put around the system calls.</summary>
internal static unsafe partial class Descriptor
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;

    private const int O_CLOEXEC = 0x80000;
    private const int F_SETFD = 2;
    private const int F_SETPIPE_SZ = 1031;
    private const int SEEK_SET = 0;
    private const int S_IRUSR_IWUSR = 0x180;

    // What anyone may ask for, unless the machine was told otherwise: /proc/sys/fs/pipe-max-size.
    private const int MostPipeSize = 1024 * 1024;

    public static void MakeFifo(string path)
    {
        if (mkfifo(path, S_IRUSR_IWUSR) < 0)
            throw Errno.Of($"mkfifo {path}");
    }

    /// <summary>Opens a FIFO; returns when the other side has opened it too.</summary>
    public static int Open(string path, int access)
    {
        int descriptor;
        while ((descriptor = open(path, access | O_CLOEXEC, 0)) < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR) ;
        return descriptor >= 0 ? descriptor : throw Errno.Of($"open {path}");
    }

    /// <summary>A pipe whose ends processes that are started inherit.</summary>
    public static (int In, int Out) MakePipe()
    {
        int* ends = stackalloc int[2];
        return pipe(ends) == 0 ? (ends[0], ends[1]) : throw Errno.Of("pipe");
    }

    /// <summary>Processes that are started inherit it, by its number.</summary>
    public static void SetInheritable(int descriptor)
    {
        if (fcntl(descriptor, F_SETFD, 0) < 0)
            throw Errno.Of("fcntl F_SETFD");
    }

    /// <summary>As large as that, as far as everybody may have it.</summary>
    public static void SetPipeSize(int descriptor, int bytes)
    {
        bytes = Math.Min(bytes, MostPipeSize);
        if (fcntl(descriptor, F_SETPIPE_SZ, bytes) < 0)
            throw Errno.Of($"fcntl F_SETPIPE_SZ {bytes}");
    }

    /// <summary>Reads what is there, at least one byte. No bytes means that the other side has closed.</summary>
    public static int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            while ((count = read(descriptor, start, buffer.Length)) < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR) ;
            return count >= 0 ? (int)count : throw Errno.Of("read");
        }
    }

    public static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                nint count = write(descriptor, start + done, bytes.Length - done);
                if (count >= 0)
                    done += count;
                else if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                    throw Errno.Of("write");
            }
        }
    }

    /// <summary>The next read or write is at the file's beginning.</summary>
    public static void Rewind(int descriptor)
    {
        if (lseek(descriptor, 0, SEEK_SET) < 0)
            throw Errno.Of("lseek");
    }

    public static void Close(int descriptor) => _ = close(descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe(int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
