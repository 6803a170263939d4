using System.Net.Sockets;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>
/// A pair of Unix sockets that the peer inherits and that keep messages apart, so that none is framed: one write is one message, also
/// between the writes of others.
/// </summary>
/// <param name="name">As on the command line.</param>
/// <param name="type">Datagrams or sequenced packets: the latter are told when the other side has closed, and differ in how many may wait.</param>
internal sealed class PacketTransport(string name, SocketType type) : ChannelTransport, IManyProducersTransport
{
    public override string Name => name;

    /// <summary>A message must fit into what the kernel grants a socket for sending, which only trying tells.</summary>
    public override string? WhyTooLong(int size)
    {
        (int mine, int theirs) = MakePair(new ChannelSettings("", size, WaitMode.Park));
        string? reason = SocketPair.TrySend(mine, new byte[size]);
        Descriptor.Close(mine);
        Descriptor.Close(theirs);
        return reason is null ? null : $"a {name} socket refuses to send that much at once ({reason}); the kernel's limit is /proc/sys/net/core/wmem_max";
    }

    public IProducer OpenProducer(ChannelSettings settings)
    {
        int[] pair = Inheritance.Read(settings);
        return new ChannelProducer(new Packets(settings, pair[0], pair[1]));
    }

    protected override MessageChannel Create(ChannelSettings settings)
    {
        (int mine, int theirs) = MakePair(settings);
        Inheritance.Write(settings, mine, theirs);
        return new Packets(settings, mine, theirs);
    }

    protected override MessageChannel Open(ChannelSettings settings)
    {
        int[] pair = Inheritance.Read(settings);
        var packets = new Packets(settings, pair[1], pair[0]);
        packets.Connect();
        return packets;
    }

    private (int Mine, int Theirs) MakePair(ChannelSettings settings)
    {
        (int Mine, int Theirs) pair = SocketPair.Make(type);
        SocketPair.SetSendBuffer(pair.Mine, settings.Capacity);
        SocketPair.SetSendBuffer(pair.Theirs, settings.Capacity);
        return pair;
    }

    private sealed class Packets(ChannelSettings settings, int socket, int other) : MessageChannel
    {
        private readonly byte[] _sent = GC.AllocateUninitializedArray<byte>(settings.Size, pinned: true);

        // One byte more: a message that is too long is seen to be.
        private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(settings.Size + 1, pinned: true);

        private bool _isConnected;

        // Each side closes the other's end, so that it is told when that closes it, too.
        public override void Connect()
        {
            if (!_isConnected)
                Descriptor.Close(other);
            _isConnected = true;
        }

        public override Span<byte> Claim(int length) => _sent.AsSpan(0, length);

        public override void Commit() => Descriptor.WriteAll(socket, _sent);

        public override ReadOnlySpan<byte> Next() => Descriptor.Read(socket, _received) is > 0 and var length
            ? _received.AsSpan(0, length)
            : throw new PerfException("the other end of the socket was closed");

        public override void Dispose()
        {
            Connect();
            Descriptor.Close(socket);
        }
    }
}
