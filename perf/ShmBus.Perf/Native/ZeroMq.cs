using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>What is used of libzmq 4, as it is named in its manual.</summary>
internal static unsafe partial class ZeroMq
{
    public const int ZMQ_PAIR = 0;
    public const int ZMQ_PULL = 7;
    public const int ZMQ_PUSH = 8;
    public const int ZMQ_RECONNECT_IVL = 18;
    public const int ZMQ_SNDHWM = 23;
    public const int ZMQ_RCVHWM = 24;

    /// <summary>The bytes of a zmq_msg_t.</summary>
    public const int MessageSize = 64;

    private const string Library = "libzmq.so.5";

    /// <summary>Why it cannot be used here, and what helps; or null.</summary>
    public static string? Missing => NativeLibrary.TryLoad(Library, out _) ? null : $"{Library} is not installed; as root: apt-get install libzmq5";

    /// <summary>What to throw when <paramref name="operation"/> has just failed on this thread. Some of the numbers are its own.</summary>
    public static PerfException Error(string operation) =>
        new($"{operation}: {Marshal.PtrToStringUTF8((nint)zmq_strerror(Marshal.GetLastPInvokeError()))}");

    [LibraryImport(Library, SetLastError = true)]
    public static partial void* zmq_ctx_new();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int zmq_ctx_term(void* context);

    [LibraryImport(Library, SetLastError = true)]
    public static partial void* zmq_socket(void* context, int type);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int zmq_setsockopt(void* socket, int option, int* value, nint length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int zmq_bind(void* socket, string address);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int zmq_connect(void* socket, string address);

    [LibraryImport(Library)]
    public static partial int zmq_close(void* socket);

    [LibraryImport(Library)]
    public static partial int zmq_msg_init(void* message);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int zmq_msg_init_size(void* message, nint length);

    [LibraryImport(Library)]
    public static partial void* zmq_msg_data(void* message);

    [LibraryImport(Library)]
    public static partial nint zmq_msg_size(void* message);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int zmq_msg_send(void* message, void* socket, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int zmq_msg_recv(void* message, void* socket, int flags);

    [LibraryImport(Library)]
    public static partial int zmq_msg_close(void* message);

    [LibraryImport(Library)]
    private static partial byte* zmq_strerror(int error);
}
