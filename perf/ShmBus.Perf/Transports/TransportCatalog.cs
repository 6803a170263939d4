using System.Net.Sockets;

namespace ShmBus.Perf.Transports;

/// <summary>Every transport there is; the order is that of the table.</summary>
internal static class TransportCatalog
{
    public static IReadOnlyList<ILatencyTransport> Latency { get; } =
    [
        new FloorTransport(),
        new FloorFutexTransport(),
        new ShmBusTransport(),
        new ShmBusPassedTransport(),
        new ShmBusEventfdTransport(),
        new ShmBusUntrustedTransport(),
        new ShmBusManyTransport(),
        new ShmBusLanesTransport(),
        new ShmBusBroadcastTransport(),
        new ShmBusTypedTransport(),
        new ShmBusAwaitTransport("shmbus-await", isInline: false, topics: 1),
        new ShmBusAwaitTransport("shmbus-await-inline", isInline: true, topics: 1),
        new ShmBusAwaitTransport("shmbus-await-127", isInline: false, topics: 127),
        new ShmBusHostedTransport(),
        new Pipe2Transport(),
        new AnonymousPipeTransport(),
        new NamedPipeTransport(),
        new FifoTransport(),
        new UnixStreamTransport(),
        new PacketTransport("unix-seqpacket", SocketType.Seqpacket),
        new PacketTransport("unix-datagram", SocketType.Dgram),
        new TcpTransport(),
        new MessageQueueTransport(),
        new EventfdTransport(),
        new MmapSemaphoreTransport(),
        new ZeroMqTransport(),
        new Http2Transport(),
    ];

    public static IReadOnlyList<IStreamTransport> Stream { get; } =
    [
        new FloorStreamTransport(),
        new FloorCasTransport(),
        new ShmBusTransport(),
        new ShmBusPassedTransport(),
        new ShmBusUntrustedTransport(),
        new ShmBusManyTransport(),
        new ShmBusLanesTransport(),
        new ShmBusBroadcastTransport(),
        new ShmBusTypedTransport(),
        new ShmBusBatchTransport(),
        new ShmBusHostedTransport(),
        new Pipe2Transport(),
        new AnonymousPipeTransport(),
        new NamedPipeTransport(),
        new FifoTransport(),
        new BatchedTransport(new FifoTransport()),
        new UnixStreamTransport(),
        new BatchedTransport(new UnixStreamTransport()),
        new PacketTransport("unix-seqpacket", SocketType.Seqpacket),
        new PacketTransport("unix-datagram", SocketType.Dgram),
        new TcpTransport(),
        new MessageQueueTransport(),
        new EventfdTransport(),
        new MmapSemaphoreTransport(),
        new ZeroMqTransport(),
        new Http2Transport(),
    ];
}
