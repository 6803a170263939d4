using System.IO.MemoryMappedFiles;

namespace ShmBus.TestPeer;

/// <summary>
/// What a subscriber that may be killed had dealt with: how many messages of each type, and where the last one stood. A mapped
/// file, so that a kill loses nothing of it. tests/CPeer/subscriber.c keeps the same. Linked into the tests as well.
/// </summary>
internal sealed class Journal : IDisposable
{
    internal const int MaxTypes = 8;

    /// <summary>Under at-most-once, in the place of a type: how many messages died with a subscriber that had them in hand.</summary>
    internal const uint InHand = MaxTypes - 1;

    // The number of the entry that holds, then two entries: the position, then a count for each type.
    private const int EntrySize = sizeof(long) * (1 + MaxTypes);
    private const int Size = sizeof(long) + (2 * EntrySize);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _bytes;

    internal Journal(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Size);
        _bytes = _file.CreateViewAccessor(0, Size);
    }

    /// <summary>Where the last message stood.</summary>
    internal long Position => _bytes.ReadInt64(Entry(Current));

    private long Current => _bytes.ReadInt64(0);

    /// <summary>How many messages of a type were dealt with.</summary>
    internal long Count(uint type)
    {
        // An entry is overwritten only after the other one holds: what was read while the number stayed may still be
        // mixed, but a count alone is read whole.
        return _bytes.ReadInt64(Entry(Current) + CountOffset(type));
    }

    /// <summary>One more message of a type was dealt with.</summary>
    internal void Add(uint type, long position)
    {
        long other = Current ^ 1;
        for (uint each = 0; each < MaxTypes; each++)
        {
            _bytes.Write(Entry(other) + CountOffset(each), Count(each) + (each == type ? 1 : 0));
        }
        _bytes.Write(Entry(other), position);
        Interlocked.MemoryBarrier();
        _bytes.Write(0, other);
        Interlocked.MemoryBarrier();
    }

    public void Dispose()
    {
        _bytes.Dispose();
        _file.Dispose();
    }

    private static long Entry(long number) => sizeof(long) + (number * EntrySize);

    private static long CountOffset(uint type) => sizeof(long) * (1 + type);
}
