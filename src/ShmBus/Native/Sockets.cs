using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>What .NET's sockets do not do: descriptors in messages (sendmsg, recvmsg), socketpair, and what was not read yet.</summary>
internal static unsafe partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_SEQPACKET = 5;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_PEERCRED = 17;
    internal const int SO_SNDTIMEO = 21;
    internal const int SO_PEERGROUPS = 59;
    internal const int SCM_RIGHTS = 1;
    internal const int MSG_CTRUNC = 0x8;
    internal const int MSG_TRUNC = 0x20;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int SIOCOUTQ = 0x5411;
    internal const int F_SETFD = 2;
    internal const int F_GETFL = 3;
    internal const int FD_CLOEXEC = 1;
    internal const int O_ACCMODE = 3;

    [StructLayout(LayoutKind.Sequential)]
    internal struct iovec
    {
        public void* iov_base;
        public nuint iov_len;
    }

    // As of glibc. That of musl has narrower lengths with zeros behind them: on little-endian machines the same bytes.
    [StructLayout(LayoutKind.Sequential)]
    internal struct msghdr
    {
        public void* msg_name;
        public uint msg_namelen;
        public iovec* msg_iov;
        public nuint msg_iovlen;
        public void* msg_control;
        public nuint msg_controllen;
        public int msg_flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct cmsghdr
    {
        public nuint cmsg_len;
        public int cmsg_level;
        public int cmsg_type;
    }

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint sendmsg(SafeSocketHandle socket, msghdr* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint recvmsg(SafeSocketHandle socket, msghdr* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* sockets);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int ioctl(SafeSocketHandle socket, nuint request, int* argument);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fcntl(SafeSocketHandle fd, int command, nint argument);

    /// <summary>Two sockets that are connected to each other, closed on exec.</summary>
    internal static (Socket, Socket) SocketPair()
    {
        int* pair = stackalloc int[2];
        Syscall.Check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
        return (new Socket(new SafeSocketHandle(pair[0], ownsHandle: true)), new Socket(new SafeSocketHandle(pair[1], ownsHandle: true)));
    }

    /// <summary>Whether a descriptor stays open in a program that this process turns into or starts.</summary>
    internal static void SetInheritable(SafeSocketHandle socket, bool isInheritable) =>
        Syscall.Check(fcntl(socket, F_SETFD, isInheritable ? 0 : FD_CLOEXEC), "fcntl(F_SETFD)");

    /// <summary>O_RDONLY, O_RDWR and their kin, as the description was opened.</summary>
    internal static int AccessModeOf(SafeFileHandle fd) => (int)Syscall.Check(fcntl(fd, F_GETFL, 0), "fcntl(F_GETFL)") & (O_ACCMODE | O_PATH);

    /// <summary>Sends a message with descriptors, at once or not at all: then it is negative.</summary>
    internal static long SendMessage(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        // The kernel wants the parts aligned as its own words: 16 bytes of header are.
        int size = sizeof(cmsghdr) + descriptors.Length * sizeof(int);
        nuint* control = stackalloc nuint[(size + sizeof(nuint) - 1) / sizeof(nuint)];
        *(cmsghdr*)control = new cmsghdr { cmsg_len = (nuint)size, cmsg_level = SOL_SOCKET, cmsg_type = SCM_RIGHTS };
        descriptors.CopyTo(new Span<int>((cmsghdr*)control + 1, descriptors.Length));
        fixed (byte* start = bytes)
        {
            iovec part = new() { iov_base = start, iov_len = (nuint)bytes.Length };
            msghdr message = new() { msg_iov = &part, msg_iovlen = 1 };
            if (!descriptors.IsEmpty)
            {
                message.msg_control = control;
                message.msg_controllen = (nuint)(((size + sizeof(nuint) - 1) / sizeof(nuint)) * sizeof(nuint));
            }
            msghdr* pointer = &message;
            return Syscall.Retry((socket, (nint)pointer), static a => sendmsg(a.socket, (msghdr*)a.Item2, MSG_DONTWAIT | MSG_NOSIGNAL));
        }
    }

    /// <summary>
    /// Receives one message, if one is there: then it is not negative, and 0 at the end. Descriptors that come with it are closed on
    /// exec and belong to the caller, whatever else is wrong. Without room for descriptors the kernel closes them.
    /// </summary>
    internal static long ReceiveMessage(SafeSocketHandle socket, Span<byte> bytes, int mostDescriptors, List<SafeFileHandle> descriptors, out int flags)
    {
        int size = mostDescriptors == 0 ? 0 : sizeof(cmsghdr) + mostDescriptors * sizeof(int);
        int words = (size + sizeof(nuint) - 1) / sizeof(nuint);
        nuint* control = stackalloc nuint[words];
        fixed (byte* start = bytes)
        {
            iovec part = new() { iov_base = start, iov_len = (nuint)bytes.Length };
            msghdr message = new() { msg_iov = &part, msg_iovlen = 1, msg_control = control, msg_controllen = (nuint)(words * sizeof(nuint)) };
            msghdr* pointer = &message;
            long length = Syscall.Retry((socket, (nint)pointer), static a => recvmsg(a.socket, (msghdr*)a.Item2, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
            flags = message.msg_flags;
            if (length >= 0)
            {
                TakeDescriptors((byte*)control, (int)message.msg_controllen, descriptors);
            }
            return length;
        }
    }

    /// <summary>What was sent and not read by the other side yet, in bytes of the kernel's memory.</summary>
    internal static int UnreadBytes(SafeSocketHandle socket)
    {
        int bytes = 0;
        Syscall.Check(ioctl(socket, SIOCOUTQ, &bytes), "ioctl(SIOCOUTQ)");
        return bytes;
    }

    private static void TakeDescriptors(byte* control, int length, List<SafeFileHandle> descriptors)
    {
        // Written by the kernel: no peer has a say in the structure.
        for (int at = 0; at + sizeof(cmsghdr) <= length;)
        {
            cmsghdr* head = (cmsghdr*)(control + at);
            int end = at + (int)head->cmsg_len;
            if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
            {
                for (int i = at + sizeof(cmsghdr); i + sizeof(int) <= end; i += sizeof(int))
                {
                    descriptors.Add(new SafeFileHandle(*(int*)(control + i), ownsHandle: true));
                }
            }
            at = (end + sizeof(nuint) - 1) & ~(sizeof(nuint) - 1);
        }
    }
}
