using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>
/// A gap in the address space of just the size of a region's mapping, between two times 4 GiB that nobody may touch: as far as a
/// length of 32 bits reaches. The kernel puts the next mapping of that size there, and who reads beyond either end of it dies of
/// SIGSEGV. Without, another mapping that can be read stands right beside it as a rule.
/// </summary>
internal sealed unsafe partial class GuardedSpace : IDisposable
{
    private static readonly nint GuardSize = unchecked((nint)(4L << 30));
    private const int PROT_NONE = 0;
    private const int MAP_PRIVATE = 0x02;
    private const int MAP_ANONYMOUS = 0x20;
    private const int MAP_NORESERVE = 0x4000;

    private readonly List<(nint Start, nint Size)> _mappings = [];
    private readonly nint _start;
    private readonly nint _size;

    internal GuardedSpace(long size)
    {
        _size = (nint)size;
        nint below = Map(GuardSize + _size + GuardSize);
        _start = below + GuardSize;
        Check(munmap(_start, _size));
        // The kernel takes the highest gap that is large enough: those higher up are filled first, in few large pieces.
        for (nint piece = unchecked((nint)(1L << 46)); piece > _size; piece = Math.Max(piece / 2 & -Environment.SystemPageSize, _size))
        {
            Fill(piece);
        }
        Fill(_size);
        _mappings.Add((below, GuardSize));
        _mappings.Add((_start + _size, GuardSize));
    }

    /// <summary>Whether the gap is filled by the mapping of a file, all of it.</summary>
    internal bool Holds(string path)
    {
        nint next = _start;
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            nint dash = line.IndexOf('-', StringComparison.Ordinal);
            nint start = nint.Parse(line.AsSpan(0, (int)dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (start == next && line.EndsWith(path, StringComparison.Ordinal))
            {
                next = nint.Parse(line.AsSpan((int)dash + 1, line.IndexOf(' ', StringComparison.Ordinal) - (int)dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }
        return next == _start + _size;
    }

    /// <summary>Whether bytes lie within.</summary>
    internal bool Contains(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return bytes.IsEmpty || ((nint)start >= _start && (nint)start + bytes.Length <= _start + _size);
        }
    }

    public void Dispose() => _mappings.ForEach(static mapping => Check(munmap(mapping.Start, mapping.Size)));

    /// <summary>Fills all gaps above this one that have room for pieces of a size.</summary>
    private void Fill(nint piece)
    {
        nint found = Reserve(piece);
        for (; found > _start; found = Reserve(piece))
        {
            _mappings.Add((found, piece));
        }
        if (found != -1)
        {
            Check(munmap(found, piece));
        }
    }

    private static nint Map(nint size)
    {
        nint start = Reserve(size);
        Check(start == -1 ? -1 : 0);
        return start;
    }

    private static nint Reserve(nint size) => mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"The address space: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nint length);
}
