namespace ShmBus.Perf.Transports;

/// <summary>
/// The memory of the least ring that can work. The producer owns the data, the consumer owns one published
/// position; several producers share one at which the next record begins. A record at position p lies at index p
/// masked, starts with the stamp (p ^ key) with kind 1, which is written last, and is thus known to be there by its own
/// position alone. One record of slack behind the capacity keeps a record that starts below it contiguous.
/// </summary>
internal sealed unsafe class FloorRing : IDisposable
{
    public const int HeaderSize = 16;
    public const int LengthOffset = 8;

    private const int Alignment = 16;
    private const int ConsumedOffset = 0;
    private const int KeyOffset = 128;
    private const int TailOffset = 256;
    private const int DataOffset = 4096;
    private const ulong KindMask = Alignment - 1;
    private const ulong MessageKind = 1;

    private readonly SharedFile _file;

    private FloorRing(SharedFile file, ChannelSettings settings)
    {
        _file = file;
        Capacity = (ulong)settings.Capacity;
    }

    public ulong Capacity { get; }

    /// <summary>What of a position is its index.</summary>
    public ulong Mask => Capacity - 1;

    /// <summary>The consumer publishes its position this often, in bytes.</summary>
    public ulong PublishEvery => Capacity / 8;

    /// <summary>Where the consumer publishes how far it is.</summary>
    public ulong* Consumed => (ulong*)(_file.Start + ConsumedOffset);

    /// <summary>Where the next record begins: for several producers.</summary>
    public ulong* Tail => (ulong*)(_file.Start + TailOffset);

    public ulong Key => *(ulong*)(_file.Start + KeyOffset);

    public byte* Data => _file.Start + DataOffset;

    public static FloorRing Create(ChannelSettings settings)
    {
        var file = SharedFile.Create(settings, DataOffset + settings.Capacity + (int)ExtentOf(settings.Size));
        *(long*)(file.Start + KeyOffset) = Random.Shared.NextInt64();
        return new FloorRing(file, settings);
    }

    public static FloorRing Open(ChannelSettings settings) => new(SharedFile.Open(settings), settings);

    /// <summary>Bytes that a record with this payload takes.</summary>
    public static ulong ExtentOf(int length) => ((ulong)(uint)length + HeaderSize + Alignment - 1) & ~(ulong)(Alignment - 1);

    public static ulong StampOf(ulong position, ulong key) => ((position ^ key) & ~KindMask) | MessageKind;

    public void Dispose() => _file.Dispose();
}
