namespace ShmBus.Perf.Transports;

/// <summary>Every transport there is; the order is that of the table.</summary>
internal static class TransportCatalog
{
    public static IReadOnlyList<ILatencyTransport> Latency { get; } =
    [
        new FloorTransport(),
        new FloorFutexTransport(),
        new ShmBusTransport(),
        new PipeTransport(),
        new UnixTransport(),
    ];

    public static IReadOnlyList<IStreamTransport> Stream { get; } =
    [
        new FloorStreamTransport(),
        new FloorCasTransport(),
        new ShmBusTransport(),
        new ShmBusManyTransport(),
        new ShmBusBatchTransport(),
        new PipeTransport(),
        new BatchedTransport(new PipeTransport()),
        new UnixTransport(),
        new BatchedTransport(new UnixTransport()),
    ];
}
