using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Regions;

namespace ShmBus.Interleavings.Checking;

/// <summary>A region's memory with its data area mapped twice, back to back, as RegionMapping maps it.</summary>
internal sealed unsafe partial class MirroredMemory : IDisposable
{
    private const int PROT_NONE = 0;
    private const int PROT_READ_WRITE = 3;
    private const int MAP_SHARED = 1;
    private const int MAP_PRIVATE = 2;
    private const int MAP_FIXED = 16;
    private const int MAP_ANONYMOUS = 32;

    private readonly nuint _size;

    internal MirroredMemory(in RegionGeometry geometry)
    {
        _size = (nuint)geometry.MappedSize;
        using SafeFileHandle file = new(memfd_create("interleavings", 0), ownsHandle: true);
        Check(!file.IsInvalid, "memfd_create");
        RandomAccess.SetLength(file, geometry.RegionSize);
        Address = Map(null, _size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        _ = Map(Address, (nuint)geometry.RegionSize, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED, (int)file.DangerousGetHandle(), 0);
        _ = Map(Address + geometry.RegionSize, (nuint)geometry.Capacity, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED, (int)file.DangerousGetHandle(), geometry.DataOffset);
    }

    internal byte* Address { get; }

    public void Dispose() => Check(munmap(Address, _size) == 0, "munmap");

    private static byte* Map(byte* at, nuint length, int protection, int flags, int fd, long offset)
    {
        byte* address = mmap(at, length, protection, flags, fd, (nint)offset);
        Check((nint)address != -1, "mmap");
        return address;
    }

    private static void Check(bool succeeded, string operation)
    {
        if (!succeeded)
        {
            throw new IOException($"{operation}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(byte* address, nuint length);
}
