using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>POSIX message queues.</summary>
internal static unsafe partial class MessageQueue
{
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_EXCL = 0x80;
    private const int S_IRUSR_IWUSR = 0x180;
    private const string Limits = "/proc/sys/fs/mqueue";

    /// <summary>Why there are none here, or null.</summary>
    public static string? Missing =>
        !Directory.Exists(Limits) ? $"this kernel has no message queues ({Limits} is not there)"
        : !CLibrary.Has("mq_open") ? "the C library has no message queues: it takes glibc 2.34 or later, or musl"
        : null;

    public static int MostBytes => Limit("msgsize_max");

    public static int MostMessages => Limit("msg_max");

    /// <summary>Makes a queue whose name is gone at once, as it would outlive its processes. Those that are started inherit it.</summary>
    public static int Make(string name, int bytes)
    {
        var attributes = new mq_attr { maxmsg = MostMessages, msgsize = bytes };
        int queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, S_IRUSR_IWUSR, &attributes);
        if (queue < 0)
            throw Errno.Of($"mq_open for {MostMessages} messages of {bytes} bytes (see ulimit -q)");
        if (mq_unlink(name) < 0)
            throw Errno.Of($"mq_unlink {name}");
        Descriptor.SetInheritable(queue);
        return queue;
    }

    public static void Send(int queue, ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
        {
            while (mq_send(queue, start, message.Length, 0) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                    throw Errno.Of("mq_send");
            }
        }
    }

    /// <param name="queue">The queue.</param>
    /// <param name="buffer">At least as many bytes as a message of this queue may have.</param>
    public static int Receive(int queue, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint length;
            while ((length = mq_receive(queue, start, buffer.Length, null)) < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR) ;
            return length >= 0 ? (int)length : throw Errno.Of("mq_receive");
        }
    }

    private static int Limit(string name) => int.Parse(File.ReadAllText($"{Limits}/{name}"), CultureInfo.InvariantCulture);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mq_open(string name, int flags, uint mode, mq_attr* attributes);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mq_unlink(string name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mq_send(int queue, byte* message, nint length, uint priority);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mq_receive(int queue, byte* buffer, nint length, uint* priority);

    private struct mq_attr
    {
        public nint flags;
        public nint maxmsg;
        public nint msgsize;
        public nint curmsgs;
        public fixed long reserved[4];
    }
}
