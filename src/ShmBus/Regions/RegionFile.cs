using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// A file that was found to be a region, through an open description of its own. It is opened without following a link,
/// checked by what the descriptor leads to, and its header is read into private memory: nothing is mapped before all of it
/// was found right, because touching a mapped page that the file does not have kills the process (SIGBUS).
/// </summary>
internal sealed class RegionFile : RegionSource
{
    private RegionFile(SafeFileHandle handle, RegionHeader header, string displayPath, string? path, FileId id)
        : base(header, displayPath)
    {
        Handle = handle;
        Path = path;
        Id = id;
    }

    internal SafeFileHandle Handle { get; }

    internal override string? Path { get; }

    internal FileId Id { get; }

    /// <summary>Opens the region that a path names.</summary>
    /// <exception cref="NotFoundErrnoException">There is no such file.</exception>
    /// <exception cref="RegionException">What is there is not a region that can be used.</exception>
    internal static RegionFile Open(string path, RegionOptions options, bool readOnly)
    {
        (string parent, string name) = RegionDirectory.Split(path);
        using RegionDirectory directory = RegionDirectory.Open(parent, create: false, options);
        return OpenIn(directory, name, options, readOnly);
    }

    /// <summary>Opens the region that a path names, or makes it: exactly one of many processes that try at once.</summary>
    internal static RegionFile OpenOrCreate(string path, in RegionHeader header, RegionOptions options, out bool created)
    {
        (string parent, string name) = RegionDirectory.Split(path);
        using RegionDirectory directory = RegionDirectory.Open(parent, create: true, options);
        // Somebody may delete the file between the two steps, again and again, but hardly a hundred times.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                created = false;
                return OpenIn(directory, name, options, readOnly: false);
            }
            catch (NotFoundErrnoException) when (attempt < 100)
            {
                using SafeFileHandle? made = RegionFactory.TryCreate(directory, name, header, options);
                if (made is not null)
                {
                    created = true;
                    return OpenMade(directory, name, made, options);
                }
            }
        }
    }

    /// <summary>Makes a region without a name, which lives as long as somebody has it open.</summary>
    internal static RegionFile CreateAnonymous(in RegionHeader header, RegionOptions options)
    {
        using SafeFileHandle handle = RegionFactory.CreateAnonymous(header, options);
        return OpenAgain(handle, "(anonymous region)", null, options, readOnly: false);
    }

    /// <summary>
    /// The same file through a description of its own: locks belong to a description, so each endpoint needs one. Works
    /// also when the file has lost its name.
    /// </summary>
    internal override RegionFile Reopen(RegionOptions options, bool readOnly)
    {
        RegionFile own = OpenAgain(Handle, DisplayPath, Path, options, readOnly);
        if (own.Header == Header)
        {
            return own;
        }
        own.Dispose();
        throw new RegionFormatException(DisplayPath, "its header was changed since the file was opened; expected a header that never changes");
    }

    /// <summary>
    /// Sees to it that the file has every byte of its size. A copy may have holes, which are filled when they are touched, or kill
    /// the process when the disk is full by then.
    /// </summary>
    /// <exception cref="SpaceErrnoException">There is no space for what is missing.</exception>
    internal override void Reserve()
    {
        if (Libc.Fstat(Handle, DisplayPath).AllocatedBytes < (ulong)Header.Geometry.RegionSize)
        {
            Syscall.Check(Libc.Fallocate(Handle, Header.Geometry.RegionSize), "fallocate", DisplayPath);
        }
    }

    internal override RegionMapping Map(RegionOptions options, bool readOnly)
    {
        RegionMapping mapping = RegionMapping.Map(Handle, Header.Geometry, readOnly, DisplayPath, options.HugePages);
        mapping.Prepare(options, readOnly);
        return mapping;
    }

    internal override bool TryLock(long offset) => Libc.TryLockByte(Handle, offset, DisplayPath);

    internal override void Unlock(long offset) => Libc.UnlockByte(Handle, offset);

    internal override bool IsLocked(long offset) => Libc.IsByteLocked(Handle, offset);

    /// <summary>Whether the name still leads to this file.</summary>
    /// <exception cref="ErrnoException">This process may not look.</exception>
    internal override RegionName CheckName()
    {
        if (Path is null)
        {
            return RegionName.Anonymous;
        }
        FileStatus? named = Libc.Lstat(Path);
        return named is null ? RegionName.Removed
            : named.Value.Id == Id ? RegionName.Intact
            : RegionName.Replaced;
    }

    private static RegionFile OpenIn(RegionDirectory directory, string name, RegionOptions options, bool readOnly)
    {
        string full = System.IO.Path.Combine(directory.Path, name);
        // Found first and opened when it is known what it is: to open a device can do something, and to open a pipe can wait.
        using SafeFileHandle found = Libc.OpenAt(directory.Handle, name, Libc.O_PATH | Libc.O_NOFOLLOW);
        if (found.IsInvalid)
        {
            throw ErrnoException.From(Syscall.LastError, "openat", full);
        }
        FileStatus status = Libc.Fstat(found, full);
        if (!status.IsRegularFile)
        {
            throw new RegionTypeException(full, $"it is {status.TypeName}; expected a regular file");
        }
        return OpenAgain(found, full, full, options, readOnly);
    }

    /// <summary>
    /// Opens a region that was just made: by its name, so that people see that under /proc and not an inode's number, unless
    /// somebody has removed or replaced it by now.
    /// </summary>
    private static RegionFile OpenMade(RegionDirectory directory, string name, SafeFileHandle made, RegionOptions options)
    {
        string full = System.IO.Path.Combine(directory.Path, name);
        RegionFile? named = null;
        try
        {
            named = OpenIn(directory, name, options, readOnly: false);
            if (named.Id == Libc.Fstat(made, full).Id)
            {
                return named;
            }
        }
        catch (NotFoundErrnoException)
        {
            // Removed.
        }
        named?.Dispose();
        return OpenAgain(made, full, full, options, readOnly: false);
    }

    private static RegionFile OpenAgain(SafeFileHandle handle, string displayPath, string? path, RegionOptions options, bool readOnly)
    {
        using Borrowed file = new(handle);
        SafeFileHandle own = Libc.Open(Libc.ProcPath(file.Fd), readOnly ? Libc.O_RDONLY : Libc.O_RDWR);
        if (own.IsInvalid)
        {
            ErrorNumber error = Syscall.LastError;
            // The file is there, for it is open: what is missing can only be /proc.
            throw ErrnoException.From(error, "open", error == ErrorNumber.ENOENT ? Libc.ProcPath(file.Fd) : displayPath);
        }
        return Validate(own, displayPath, path, options);
    }

    /// <summary>Takes the handle over: it is closed when the file is refused.</summary>
    private static RegionFile Validate(SafeFileHandle handle, string displayPath, string? path, RegionOptions options)
    {
        try
        {
            FileStatus status = Libc.Fstat(handle, displayPath);
            RegionTrust.CheckFile(status, displayPath, options);
            Span<byte> header = stackalloc byte[RegionDescriptor.HeaderSize];
            long length = Syscall.Check(Libc.Read(handle, header, 0), "pread", displayPath);
            return new RegionFile(handle, RegionHeader.Decode(header[..(int)length], status.Size, displayPath), displayPath, path, status.Id);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public override void Dispose() => Handle.Dispose();
}
