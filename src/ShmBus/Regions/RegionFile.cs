using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// A file that was found to be a region, through an open description of its own. It is opened without following a link,
/// checked by what the descriptor leads to, and its header is read into private memory: nothing is mapped before all of it
/// was found right, because touching a mapped page that the file does not have kills the process (SIGBUS).
/// </summary>
internal sealed class RegionFile : IDisposable
{
    private RegionFile(SafeFileHandle handle, RegionHeader header, string displayPath, string? path, FileId id)
    {
        Handle = handle;
        Header = header;
        DisplayPath = displayPath;
        Path = path;
        Id = id;
    }

    internal SafeFileHandle Handle { get; }

    internal RegionHeader Header { get; }

    /// <summary>The full path, or null for an anonymous region.</summary>
    internal string? Path { get; }

    /// <summary>The path, or what to call an anonymous region in a message.</summary>
    internal string DisplayPath { get; }

    internal FileId Id { get; }

    /// <summary>Opens the region that a path names.</summary>
    /// <exception cref="NotFoundErrnoException">There is no such file.</exception>
    /// <exception cref="RegionException">What is there is not a region that can be used.</exception>
    internal static RegionFile Open(string path, RegionOptions options, bool readOnly)
    {
        using RegionDirectory directory = RegionDirectory.Open(RegionDirectory.Of(path), create: false, options.SharesWithGroup);
        return OpenIn(directory, path, options, readOnly);
    }

    /// <summary>Opens the region that a path names, or makes it: exactly one of many processes that try at once.</summary>
    internal static RegionFile OpenOrCreate(string path, in RegionHeader header, RegionOptions options, out bool created)
    {
        using RegionDirectory directory = RegionDirectory.Open(RegionDirectory.Of(path), create: true, options.SharesWithGroup);
        // Somebody may delete the file between the two steps, again and again, but hardly a hundred times.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                created = false;
                return OpenIn(directory, path, options, readOnly: false);
            }
            catch (NotFoundErrnoException) when (attempt < 100)
            {
                if (RegionFactory.TryCreate(directory, System.IO.Path.GetFileName(path), header, options))
                {
                    created = true;
                    return OpenIn(directory, path, options, readOnly: false);
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
    internal RegionFile Reopen(RegionOptions options, bool readOnly) => OpenAgain(Handle, DisplayPath, Path, options, readOnly);

    /// <summary>Whether the name still leads to this file.</summary>
    internal RegionName CheckName()
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

    private static RegionFile OpenIn(RegionDirectory directory, string path, RegionOptions options, bool readOnly)
    {
        string name = System.IO.Path.GetFileName(path);
        string full = System.IO.Path.Combine(directory.Path, name);
        // O_NONBLOCK: opening a named pipe would wait for its other end.
        SafeFileHandle handle = Libc.OpenAt(directory.Handle, name, AccessFlags(readOnly) | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        if (!handle.IsInvalid)
        {
            return Validate(handle, full, full, options);
        }
        ErrorNumber error = Syscall.LastError;
        throw error switch
        {
            ErrorNumber.ELOOP => new RegionTypeException(full, "it is a symbolic link; expected a regular file"),
            ErrorNumber.EISDIR => new RegionTypeException(full, "it is a directory; expected a regular file"),
            _ => ErrnoException.From(error, "openat", full),
        };
    }

    private static RegionFile OpenAgain(SafeFileHandle handle, string displayPath, string? path, RegionOptions options, bool readOnly)
    {
        using Borrowed file = new(handle);
        SafeFileHandle own = Libc.Open(Libc.ProcPath(file.Fd), AccessFlags(readOnly));
        if (own.IsInvalid)
        {
            throw ErrnoException.From(Syscall.LastError, "open", $"{displayPath} through {Libc.ProcPath(file.Fd)}");
        }
        return Validate(own, displayPath, path, options);
    }

    /// <summary>Takes the handle over: it is closed when the file is refused.</summary>
    private static RegionFile Validate(SafeFileHandle handle, string displayPath, string? path, RegionOptions options)
    {
        try
        {
            FileStatus status = Libc.Fstat(handle, displayPath);
            if (!status.IsRegularFile)
            {
                throw new RegionTypeException(displayPath, $"it is {status.TypeName}; expected a regular file");
            }
            CheckOwner(status, displayPath, options);
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

    private static void CheckOwner(FileStatus status, string path, RegionOptions options)
    {
        uint self = Libc.geteuid();
        if (status.Owner != self && status.Owner != 0 && !options.SharesWithGroup)
        {
            throw new RegionOwnerException(path, $"it belongs to user {status.Owner}; expected user {self}");
        }
        UnixFileMode tooOpen = status.Mode & (UnixFileMode.OtherWrite | UnixFileMode.GroupWrite) & ~options.Mode;
        if (tooOpen != 0)
        {
            throw new RegionOwnerException(path,
                $"it has mode {Convert.ToString((int)status.Mode, 8)}, which lets others write; expected at most {Convert.ToString((int)options.Mode, 8)}");
        }
    }

    private static int AccessFlags(bool readOnly) => readOnly ? Libc.O_RDONLY : Libc.O_RDWR;

    public void Dispose() => Handle.Dispose();
}
