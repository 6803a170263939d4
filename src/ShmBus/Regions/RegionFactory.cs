using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// Makes regions in an order in which nobody ever meets a half-made one: without a name, with all its bytes reserved (a full
/// disk says so here and not at a later store), mapped, filled, and named last. A process that is killed on the way leaves
/// nothing behind.
/// </summary>
internal static unsafe class RegionFactory
{
    /// <summary>Makes a file region. Null when another has the name by now: open that one.</summary>
    internal static SafeFileHandle? TryCreate(RegionDirectory directory, string name, in RegionHeader header, RegionOptions options)
    {
        string path = directory.PathOf(name);
        SafeFileHandle file = Libc.OpenAt(directory.Handle, ".", Libc.O_RDWR | Libc.O_TMPFILE, (uint)options.Mode);
        if (file.IsInvalid)
        {
            throw ErrnoException.From(Syscall.LastError, "openat(O_TMPFILE)", directory.Path);
        }
        bool isMade = false;
        try
        {
            // The mode that was asked for, whatever the umask is.
            Syscall.Check(Libc.fchmod(file, (uint)options.Mode), "fchmod", path);
            if (options.Group is uint group)
            {
                Syscall.Check(Libc.fchown(file, uint.MaxValue, group), "fchown", path);
            }
            Fill(file, header, options, path);
            // Nobody may delete it between now and when it is opened by its name.
            _ = RegionUse.TryBegin(file, path);
            isMade = TryName(file, directory, name, path);
            return isMade ? file : null;
        }
        finally
        {
            if (!isMade)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>Makes an anonymous region that nobody can shrink or grow.</summary>
    internal static SafeFileHandle CreateAnonymous(in RegionHeader header, RegionOptions options)
    {
        const string name = "shmbus";
        SafeFileHandle file = Libc.MemfdCreate(name);
        if (file.IsInvalid)
        {
            throw ErrnoException.From(Syscall.LastError, "memfd_create");
        }
        try
        {
            // A memfd is born with mode 0777: whoever finds it under /proc could open it anew for writing.
            Syscall.Check(Libc.fchmod(file, (uint)RegionOptions.OwnerOnly), "fchmod", name);
            Fill(file, header, options, name);
            Syscall.Check(Libc.AddSeals(file, RegionFile.Seals), "fcntl(F_ADD_SEALS)", name);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A key that no earlier ring had, so that nothing that was ever written looks committed in a new one.</summary>
    internal static ulong NewKey()
    {
        ulong key;
        RandomNumberGenerator.Fill(new Span<byte>(&key, sizeof(ulong)));
        return key;
    }

    /// <summary>
    /// Gives the file its name. On a disk its bytes come there first and then the name, so that after a power cut too it is whole or
    /// not there; on tmpfs that costs nothing.
    /// </summary>
    private static bool TryName(SafeFileHandle file, RegionDirectory directory, string name, string path)
    {
        Syscall.Check(Libc.fsync(file), "fsync", path);
        using Borrowed source = new(file);
        // linkat by descriptor alone (AT_EMPTY_PATH) needs a capability; through /proc it does not.
        if (Libc.linkat(Libc.AT_FDCWD, Libc.ProcPath(source.Fd), directory.Handle, name, Libc.AT_SYMLINK_FOLLOW) == 0)
        {
            directory.Sync();
            return true;
        }
        ErrorNumber error = Syscall.LastError;
        return error == ErrorNumber.EEXIST ? false : throw ErrnoException.From(error, "linkat", path);
    }

    private static void Fill(SafeFileHandle file, in RegionHeader header, RegionOptions options, string path)
    {
        RegionGeometry geometry = header.Geometry;
        Syscall.Check(Libc.Fallocate(file, geometry.RegionSize), "fallocate", path);
        RegionMapping mapping = RegionMapping.Map(file, geometry, readOnly: false, path);
        try
        {
            // What can be refused is reported to the endpoints, which map and populate for themselves.
            mapping.Prepare(options with { Lock = false, HugePages = false }, readOnly: false);
            WriteStart(mapping.Address, geometry);
            header.Encode(new Span<byte>(mapping.Address, RegionDescriptor.HeaderSize));
        }
        finally
        {
            mapping.Unmap();
        }
    }

    /// <summary>
    /// The state of a ring in which nothing was published. Positions begin at the capacity and not at 0: a position is then
    /// never 0, which says 'none' in an intent, and everything up to a whole ring below the start can be computed without a borrow.
    /// </summary>
    internal static void WriteStart(byte* region, in RegionGeometry geometry)
    {
        ulong start = (ulong)geometry.Capacity;
        *(ulong*)(region + RegionDescriptor.TailOffset) = start;
        *(ulong*)(region + RegionDescriptor.SharedGateOffset) = start;
        for (int i = 0; i < geometry.SubscriberSlots; i++)
        {
            byte* slot = region + geometry.SubscriberSlotOffset(i);
            *(ulong*)(slot + RegionDescriptor.GateOffset) = start;
            *(ulong*)(slot + RegionDescriptor.ResumeOffset) = start;
        }
    }
}
