using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>Two connected Unix sockets, which processes that are started inherit: .NET makes no such pair.</summary>
internal static unsafe partial class SocketPair
{
    private const int AF_UNIX = 1;
    private const int SOL_SOCKET = 1;
    private const int SO_SNDBUF = 7;
    private const int MSG_DONTWAIT = 0x40;

    /// <param name="type">Its numbers are the kernel's.</param>
    public static (int, int) Make(SocketType type)
    {
        int* pair = stackalloc int[2];
        return socketpair(AF_UNIX, (int)type, 0, pair) == 0 ? (pair[0], pair[1]) : throw Errno.Of("socketpair");
    }

    /// <summary>As much as that, as far as the kernel grants it.</summary>
    public static void SetSendBuffer(int socket, int bytes)
    {
        if (setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(int)) < 0)
            throw Errno.Of($"setsockopt SO_SNDBUF {bytes}");
    }

    /// <summary>Sends a message without waiting. Returns why it cannot be sent, or null.</summary>
    public static string? TrySend(int socket, ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
            return send(socket, start, message.Length, MSG_DONTWAIT) == message.Length ? null : Marshal.GetLastPInvokeErrorMessage();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, int* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, byte* bytes, nint count, int flags);
}
