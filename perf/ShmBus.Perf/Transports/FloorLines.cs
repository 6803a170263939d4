namespace ShmBus.Perf.Transports;

/// <summary>
/// Two cache lines, one for each direction, with one writer each. They lie 128 bytes apart, because processors
/// fetch lines in pairs.
/// </summary>
internal sealed unsafe class FloorLines : IDisposable
{
    private const int PongOffset = 128;
    private const int Length = 2 * PongOffset;

    private readonly SharedFile _file;

    private FloorLines(SharedFile file) => _file = file;

    public ulong* Ping => (ulong*)_file.Start;

    public ulong* Pong => (ulong*)(_file.Start + PongOffset);

    public static FloorLines Create(ChannelSettings settings) => new(SharedFile.Create(settings, Length));

    public static FloorLines Open(ChannelSettings settings) => new(SharedFile.Open(settings));

    public void Dispose() => _file.Dispose();
}
