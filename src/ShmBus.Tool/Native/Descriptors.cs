using System.Runtime.InteropServices;

namespace ShmBus.Tool.Native;

/// <summary>
/// Standard input and output by their descriptors. The streams of .NET will not do: the console's hides that a pipe was closed, and a file's writes
/// where it believes the end to be, although others share the descriptor.
/// </summary>
internal static partial class Descriptors
{
    internal const int Input = 0;
    internal const int Output = 1;

    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const int EPIPE = 32;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;

    /// <summary>So much a pipe takes without blocking when it says that it takes anything.</summary>
    private const int PipeBuffer = 4096;

    private const int SliceMilliseconds = 100;

    /// <summary>Reads some bytes; 0 at the end.</summary>
    internal static unsafe int Read(int descriptor, Span<byte> bytes, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!IsReady(descriptor, POLLIN))
            {
                continue;
            }
            fixed (byte* to = bytes)
            {
                nint count = read(descriptor, to, bytes.Length);
                if (count >= 0)
                {
                    return (int)count;
                }
            }
            ThrowUnlessAgain("Standard input cannot be read");
        }
    }

    /// <summary>Writes all. Once cancelled it goes on for as long as the other side takes it at once.</summary>
    /// <exception cref="PipeClosedException">Nobody will read it.</exception>
    internal static unsafe void WriteAll(int descriptor, ReadOnlySpan<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            if (!IsReady(descriptor, POLLOUT))
            {
                cancellation.ThrowIfCancellationRequested();
                continue;
            }
            fixed (byte* from = bytes)
            {
                nint count = write(descriptor, from, Math.Min(bytes.Length, PipeBuffer));
                if (count >= 0)
                {
                    bytes = bytes[(int)count..];
                    continue;
                }
            }
            ThrowUnlessAgain("Standard output cannot be written");
        }
    }

    private static unsafe bool IsReady(int descriptor, short events)
    {
        Poll poll = new() { Descriptor = descriptor, Events = events };
        int count = Descriptors.poll(&poll, 1, SliceMilliseconds);
        if (count < 0)
        {
            ThrowUnlessAgain("poll");
        }
        // An error or a hang-up too: the call then says which.
        return count > 0;
    }

    private static void ThrowUnlessAgain(string what)
    {
        switch (Marshal.GetLastPInvokeError())
        {
            case EINTR or EAGAIN:
                return;
            case EPIPE:
                throw new PipeClosedException();
            default:
                throw new ToolException(ExitCode.Finding, $"{what}: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(Poll* polls, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }
}

/// <summary>Who reads standard output has closed it: all is done that can be.</summary>
internal sealed class PipeClosedException : Exception;
