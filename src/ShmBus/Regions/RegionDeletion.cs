using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// A region that nobody uses, and that nobody gets to use while this is held: its name can be taken away. Without doing so it is
/// left as it was.
/// </summary>
internal sealed class RegionDeletion : IDisposable
{
    /// <summary>How long another who is deleting it is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly RegionDirectory _directory;
    private readonly string _name;
    private readonly SafeFileHandle _file;

    private RegionDeletion(RegionDirectory directory, string name, SafeFileHandle file, RegionHeader? header)
    {
        _directory = directory;
        _name = name;
        _file = file;
        Header = header;
    }

    /// <summary>What its header says, or null where it is damaged.</summary>
    internal RegionHeader? Header { get; }

    /// <summary>Keeps everybody away from a region. Null while somebody uses it.</summary>
    /// <exception cref="NotFoundErrnoException">Nothing has that name, or no longer.</exception>
    /// <exception cref="RegionException">It is no region, or one of another version, of which it cannot be known who uses it.</exception>
    internal static RegionDeletion? TryBegin(RegionDirectory directory, string name)
    {
        string path = directory.PathOf(name);
        for (long start = Environment.TickCount64; ; Thread.Yield())
        {
            using SafeFileHandle found = directory.Find(name);
            SafeFileHandle file = RegionFile.OpenDescription(found, path, readOnly: false);
            RegionDeletion? deletion = null;
            try
            {
                RegionHeader? header = ReadHeader(file, path);
                if (RegionUse.TryEnd(file, path))
                {
                    if (directory.Leads(name, Libc.Fstat(file, path).Id))
                    {
                        return deletion = new RegionDeletion(directory, name, file, header);
                    }
                }
                else if (RegionUse.IsUsed(file) || Environment.TickCount64 - start > Patience.TotalMilliseconds)
                {
                    return null;
                }
            }
            finally
            {
                if (deletion is null)
                {
                    file.Dispose();
                }
            }
        }
    }

    /// <summary>Takes the name away.</summary>
    internal void Delete() => _directory.Remove(_name);

    /// <summary>Lets others come again, if it still has its name.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>The header; null where it is damaged. Nothing is deleted that does not begin as a region does.</summary>
    private static RegionHeader? ReadHeader(SafeFileHandle file, string path)
    {
        try
        {
            return RegionHeader.Read(file, Libc.Fstat(file, path).Size, path);
        }
        catch (RegionException exception) when (exception is not RegionVersionException && HasMagic(file, path))
        {
            return null;
        }
    }

    private static bool HasMagic(SafeFileHandle file, string path)
    {
        Span<byte> magic = stackalloc byte[sizeof(ulong)];
        return Syscall.Check(Libc.Read(file, magic, RegionDescriptor.MagicOffset), "pread", path) == magic.Length &&
            BinaryPrimitives.ReadUInt64LittleEndian(magic) == RegionDescriptor.Magic;
    }
}
