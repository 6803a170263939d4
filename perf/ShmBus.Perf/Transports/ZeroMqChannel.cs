using System.Runtime.InteropServices;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>A socket of ZeroMQ's, with a context of its own.</summary>
internal sealed unsafe class ZeroMqChannel : MessageChannel
{
    // As many messages as the library queues unless told, but not that many of a megabyte.
    private const int MostQueued = 1000;
    private const int MostQueuedBytes = 16 * 1024 * 1024;

    private const int ReconnectMilliseconds = 10;

    private readonly string _readMark;
    private readonly bool _isConsumer;
    private readonly void* _context;
    private readonly void* _socket;
    private readonly byte* _outgoing;
    private readonly byte* _incoming;

    private ZeroMqChannel(int type, ChannelSettings settings)
    {
        _readMark = settings.PathOf("read");
        _isConsumer = type == ZeroMq.ZMQ_PULL;
        _context = ZeroMq.zmq_ctx_new();
        _socket = ZeroMq.zmq_socket(_context, type);
        if (_socket == null)
            throw ZeroMq.Error("zmq_socket");

        int queued = Math.Clamp(MostQueuedBytes / settings.Size, 1, MostQueued);
        Set(ZeroMq.ZMQ_SNDHWM, queued);
        Set(ZeroMq.ZMQ_RCVHWM, queued);
        Set(ZeroMq.ZMQ_RECONNECT_IVL, ReconnectMilliseconds);

        _outgoing = (byte*)NativeMemory.AlignedAlloc(2 * ZeroMq.MessageSize, ZeroMq.MessageSize);
        _incoming = _outgoing + ZeroMq.MessageSize;
        _ = ZeroMq.zmq_msg_init(_outgoing);
        _ = ZeroMq.zmq_msg_init(_incoming);
    }

    public static ZeroMqChannel Bind(int type, ChannelSettings settings)
    {
        var channel = new ZeroMqChannel(type, settings);
        return ZeroMq.zmq_bind(channel._socket, AddressOf(settings)) == 0 ? channel : throw ZeroMq.Error($"zmq_bind {AddressOf(settings)}");
    }

    public static ZeroMqChannel Connect(int type, ChannelSettings settings)
    {
        var channel = new ZeroMqChannel(type, settings);
        return ZeroMq.zmq_connect(channel._socket, AddressOf(settings)) == 0 ? channel : throw ZeroMq.Error($"zmq_connect {AddressOf(settings)}");
    }

    public override Span<byte> Claim(int length) => ZeroMq.zmq_msg_init_size(_outgoing, length) == 0
        ? new Span<byte>(ZeroMq.zmq_msg_data(_outgoing), length)
        : throw ZeroMq.Error("zmq_msg_init_size");

    // What was sent belongs to the library.
    public override void Commit()
    {
        while (ZeroMq.zmq_msg_send(_outgoing, _socket, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                throw ZeroMq.Error("zmq_msg_send");
        }
    }

    // The library loses what the kernel still holds if a sender closes while the other side has its fill and does not read. So the end of a
    // stream is to be told, for which a file will do.
    public override void Flush()
    {
        while (!File.Exists(_readMark))
            Thread.Sleep(1);
    }

    // Frees the message before, too.
    public override ReadOnlySpan<byte> Next()
    {
        while (ZeroMq.zmq_msg_recv(_incoming, _socket, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                throw ZeroMq.Error("zmq_msg_recv");
        }
        return new ReadOnlySpan<byte>(ZeroMq.zmq_msg_data(_incoming), checked((int)ZeroMq.zmq_msg_size(_incoming)));
    }

    // Waits until all that was sent has gone to the other side.
    public override void Dispose()
    {
        if (_isConsumer)
            File.Create(_readMark).Dispose();
        _ = ZeroMq.zmq_msg_close(_outgoing);
        _ = ZeroMq.zmq_msg_close(_incoming);
        NativeMemory.AlignedFree(_outgoing);
        _ = ZeroMq.zmq_close(_socket);
        while (ZeroMq.zmq_ctx_term(_context) < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR) ;
    }

    private static string AddressOf(ChannelSettings settings) => $"ipc://{settings.PathOf("zeromq")}";

    private void Set(int option, int value)
    {
        if (ZeroMq.zmq_setsockopt(_socket, option, &value, sizeof(int)) < 0)
            throw ZeroMq.Error($"zmq_setsockopt {option}");
    }
}
