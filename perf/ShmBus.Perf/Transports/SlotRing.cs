using System.Numerics;

namespace ShmBus.Perf.Transports;

/// <summary>How many slots there are of one kind, free ones or full ones, as the kernel counts and waits.</summary>
internal interface ISlotCounter : IDisposable
{
    /// <summary>Waits until there is one at least. Returns how many it has taken.</summary>
    int Take();

    void Give(int count);
}

/// <summary>
/// One direction: slots of one size in shared memory, written and read in turn, one writer and one reader. The writer takes free slots and
/// gives full ones; the reader takes those and gives them back. The counters order what is in the slots.
/// </summary>
internal sealed unsafe class SlotRing(byte* slots, ChannelSettings settings, ISlotCounter free, ISlotCounter full) : IDisposable
{
    private const int LengthSize = sizeof(int);
    private const int CacheLine = 64;

    private readonly int _count = CountOf(settings);
    private readonly int _extent = ExtentOf(settings);

    private int _written;
    private int _writable;
    private int _read;
    private int _readable;
    private int _done;

    /// <summary>Bytes from slot to slot, each on cache lines of its own.</summary>
    public static int ExtentOf(ChannelSettings settings) => (LengthSize + settings.Size + CacheLine - 1) & -CacheLine;

    /// <summary>A power of two, so that an index needs no division.</summary>
    public static int CountOf(ChannelSettings settings) => (int)BitOperations.RoundUpToPowerOf2((uint)(settings.Capacity / ExtentOf(settings)));

    public Span<byte> Claim(int length)
    {
        if (_writable == 0)
            _writable = free.Take();
        byte* slot = SlotAt(_written);
        *(int*)slot = length;
        return new Span<byte>(slot + LengthSize, length);
    }

    public void Commit()
    {
        _writable--;
        _written++;
        full.Give(1);
    }

    public ReadOnlySpan<byte> Next()
    {
        // What was read is given back when there is nothing more to read, but early enough for the writer to go on meanwhile.
        if (_done > 0 && (_readable == 0 || _done >= _count / 8))
        {
            free.Give(_done);
            _done = 0;
        }

        if (_readable == 0)
            _readable = full.Take();
        _readable--;
        _done++;
        byte* slot = SlotAt(_read++);
        int length = *(int*)slot;
        return (uint)length <= (uint)(_extent - LengthSize)
            ? new ReadOnlySpan<byte>(slot + LengthSize, length)
            : throw new PerfException($"a message of {length} bytes stands in a slot of {_extent}");
    }

    public void Dispose()
    {
        free.Dispose();
        full.Dispose();
    }

    private byte* SlotAt(int number) => slots + (nint)(number & (_count - 1)) * _extent;
}
