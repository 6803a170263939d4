using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// A region in the address space. The data area stands there twice, back to back, so that a record that begins near its end
/// goes on without a break: no wrap case, and every payload is one span.
/// </summary>
internal sealed unsafe class RegionMapping : RegionMemory
{
    private readonly nuint _size;
    private readonly nuint _regionSize;
    private readonly string? _path;
    private RefusedOption[] _refused = [];

    private RegionMapping(byte* address, nuint size, nuint regionSize, string? path)
    {
        Address = address;
        _size = size;
        _regionSize = regionSize;
        _path = path;
    }

    internal override byte* Address { get; }

    internal override IReadOnlyList<RefusedOption> Refused => _refused;

    /// <summary>Maps a file whose size and header were checked.</summary>
    /// <exception cref="ErrnoException">The address space or the rights do not suffice; nothing stays mapped.</exception>
    internal static RegionMapping Map(SafeFileHandle fd, in RegionGeometry geometry, bool readOnly, string? path, bool alignsToHugePages = false)
    {
        nuint size = (nuint)geometry.MappedSize;
        // First the whole range is reserved, so that both halves surely fit side by side, then it is filled.
        nint address = Reserve(size, alignsToHugePages ? HugePageSize(geometry.PageSize) : 1, path);
        using Borrowed file = new(fd);
        int number = file.Fd;
        int protection = readOnly ? Libc.PROT_READ : Libc.PROT_READ | Libc.PROT_WRITE;
        if (!MapAt(address, (nuint)geometry.RegionSize, 0) ||
            !MapAt(address + (nint)geometry.RegionSize, (nuint)geometry.Capacity, geometry.DataOffset))
        {
            ErrorNumber error = Syscall.LastError;
            _ = Libc.munmap(address, size);
            throw ErrnoException.From(error, "mmap", path);
        }
        return new RegionMapping((byte*)address, size, (nuint)geometry.RegionSize, path);

        bool MapAt(nint at, nuint length, long offset) =>
            Libc.mmap(at, length, protection, Libc.MAP_SHARED | Libc.MAP_FIXED, number, offset) != Libc.MAP_FAILED;
    }

    /// <summary>Reserves address space that begins at a multiple of a power of two.</summary>
    private static nint Reserve(nuint size, nuint alignment, string? path)
    {
        nuint reserved = size + alignment - 1;
        nint address = Libc.mmap(0, reserved, Libc.PROT_NONE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if (address == Libc.MAP_FAILED)
        {
            throw ErrnoException.From(Syscall.LastError, "mmap", path);
        }
        if (alignment == 1)
        {
            return address;
        }
        nint start = (nint)(((nuint)address + alignment - 1) & ~(alignment - 1));
        nuint page = (nuint)Environment.SystemPageSize;
        nuint end = ((nuint)address + reserved + page - 1) & ~(page - 1);
        GiveBack(address, start);
        GiveBack(start + (nint)size, (nint)end);
        return start;

        static void GiveBack(nint from, nint to)
        {
            if (from != to)
            {
                _ = Libc.munmap(from, (nuint)(to - from));
            }
        }
    }

    /// <summary>
    /// What one table of entries covers, each of eight bytes: 2 MiB for pages of 4 KiB. The kernel maps a file's huge page only
    /// where address and offset in the file agree modulo that. The mirror agrees whenever the region does, where the capacity is a
    /// multiple of it.
    /// </summary>
    private static nuint HugePageSize(int pageSize) => (nuint)pageSize * (nuint)pageSize / 8;

    /// <summary>
    /// Does what the options ask of the memory; what was refused is in <see cref="Refused"/> then. Populating is a matter of course,
    /// so it falls silent where the kernel does not have it: the pages then come at first touch.
    /// </summary>
    internal void Prepare(RegionOptions options, bool readOnly)
    {
        if (options.HugePages)
        {
            // The mirror is left alone: gathering the pages once is enough.
            Ask("HugePages", "madvise(MADV_COLLAPSE)", Libc.madvise((nint)Address, _regionSize, Libc.MADV_COLLAPSE));
        }
        if ((long)_size <= options.PopulateLimit &&
            Libc.madvise((nint)Address, _size, readOnly ? Libc.MADV_POPULATE_READ : Libc.MADV_POPULATE_WRITE) < 0 &&
            Syscall.LastError != ErrorNumber.EINVAL)
        {
            _refused = [.. _refused, new RefusedOption("Populate", ErrnoException.Describe(Syscall.LastError, "madvise(MADV_POPULATE_WRITE)", null))];
        }
        if (options.Lock)
        {
            Ask("Lock", "mlock", Libc.mlock((nint)Address, _regionSize));
        }

        void Ask(string option, string operation, int result)
        {
            if (result < 0)
            {
                _refused = [.. _refused, new RefusedOption(option, ErrnoException.Describe(Syscall.LastError, operation, null))];
            }
        }
    }

    internal override void Flush(Durability durability)
    {
        if (durability == Durability.Process)
        {
            return;
        }
        int flags = durability == Durability.Disk ? Libc.MS_SYNC : Libc.MS_ASYNC;
        // What was stored through the mirror is in the same pages: once over the file is enough.
        Syscall.Check(Libc.msync((nint)Address, _regionSize, flags), "msync", _path);
    }

    internal override void Unmap() => Syscall.Check(Libc.munmap((nint)Address, _size), "munmap");
}
