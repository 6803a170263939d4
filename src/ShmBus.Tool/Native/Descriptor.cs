using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ShmBus.Tool.Native;

/// <summary>Pipes and sockets as bare descriptors, which a process that is started inherits.</summary>
internal static unsafe partial class Descriptor
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int EINTR = 4;

    internal static (int In, int Out) MakePipe()
    {
        int* ends = stackalloc int[2];
        Check(pipe2(ends, 0), "pipe2");
        return (ends[0], ends[1]);
    }

    internal static (int One, int Other) MakeSocketPair()
    {
        int* ends = stackalloc int[2];
        Check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
        return (ends[0], ends[1]);
    }

    /// <summary>Reads what is there, at least one byte; 0 when the other side has closed.</summary>
    internal static int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            while ((count = read(descriptor, start, (nuint)buffer.Length)) < 0 && Marshal.GetLastPInvokeError() == EINTR)
            {
            }
            return (int)Check(count, "read");
        }
    }

    internal static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                nint count = write(descriptor, start + done, (nuint)(bytes.Length - done));
                if (count >= 0 || Marshal.GetLastPInvokeError() != EINTR)
                {
                    done += Check(count, "write");
                }
            }
        }
    }

    internal static void Close(int descriptor) => _ = close(descriptor);

    private static nint Check(nint result, string call) =>
        result >= 0 ? result : throw new IOException($"{call}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
