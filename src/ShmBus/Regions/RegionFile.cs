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
    /// <summary>What nobody may do to an anonymous region: it would pull the memory from under those who have it mapped.</summary>
    internal const int Seals = Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL;

    /// <summary>How long one that is being deleted is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private RegionEvents? _events;

    private RegionFile(SafeFileHandle handle, RegionHeader header, string displayPath, string? path, FileId id, RegionDirectory? directory, bool isReadOnly)
        : base(header, displayPath, isReadOnly)
    {
        Handle = handle;
        Path = path;
        Id = id;
        Directory = directory;
    }

    internal SafeFileHandle Handle { get; }

    internal override string? Path { get; }

    internal override RegionEvents? Events => _events;

    internal FileId Id { get; }

    /// <summary>Whether its descriptor was handed over by another process: it is used as it is, and never opened anew.</summary>
    internal bool IsPassed { get; private init; }

    /// <summary>Where its lanes are found, if it is a hub of lanes; else null.</summary>
    internal RegionDirectory? Directory { get; }

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
        return OpenOrCreateIn(directory, name, header, options, out created);
    }

    /// <inheritdoc cref="OpenOrCreate"/>
    internal static RegionFile OpenOrCreateIn(RegionDirectory directory, string name, in RegionHeader header, RegionOptions options, out bool created)
    {
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

    /// <summary>
    /// Opens the region that a name leads to. From when it is open until it is closed, nobody deletes it who keeps to the rules; one
    /// that is only read keeps nobody from that.
    /// </summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    internal static RegionFile OpenIn(RegionDirectory directory, string name, RegionOptions options, bool readOnly)
    {
        string full = directory.PathOf(name);
        for (long start = Environment.TickCount64; ; Thread.Yield())
        {
            using SafeFileHandle found = directory.Find(name);
            RegionFile? file = TryOpenAgain(found, full, full, directory, options, readOnly);
            if (file is not null && (readOnly || directory.Leads(name, file.Id)))
            {
                return file;
            }
            file?.Dispose();
            // It was, or is being, deleted: another may have the name now.
            if (Environment.TickCount64 - start > Patience.TotalMilliseconds)
            {
                throw ErrnoException.From(ErrorNumber.EAGAIN, Libc.SetLock, full);
            }
        }
    }

    /// <summary>Makes a region without a name, which lives as long as somebody has it open.</summary>
    internal static RegionFile CreateAnonymous(in RegionHeader header, RegionOptions options, bool hasEvents = false)
    {
        using RegionEvents? events = hasEvents ? RegionEvents.Create(header.Geometry) : null;
        using SafeFileHandle handle = RegionFactory.CreateAnonymous(header, options);
        return OpenAgain(handle, "(anonymous region)", null, null, options, readOnly: false).With(events);
    }

    /// <summary>
    /// Takes a region that another process handed over, which may be hostile: it must be a memfd that nobody can shrink or grow, that
    /// belongs to whom it comes from, and that is open for what was asked for. The descriptor is the region's from now on.
    /// </summary>
    /// <param name="handle">What came, through a description that nobody else has; closed when it is refused.</param>
    /// <param name="events">The eventfds that came with it, if any, likewise.</param>
    /// <param name="displayPath">What to call it in messages.</param>
    /// <param name="owner">The user that it comes from.</param>
    /// <param name="readOnly">Whether it is to be looked at only.</param>
    /// <exception cref="RegionException">It is not such a region.</exception>
    internal static RegionFile FromPassed(SafeFileHandle handle, SafeFileHandle[] events, string displayPath, uint owner, bool readOnly)
    {
        RegionFile? file = null;
        try
        {
            // Before its size: from here on that can change no more, or it is refused.
            int seals = Libc.GetSeals(handle);
            FileStatus status = Libc.Fstat(handle, displayPath);
            RegionTrust.CheckPassed(status, displayPath, owner);
            int mode = Libc.AccessModeOf(handle);
            int expected = readOnly ? Libc.O_RDONLY : Libc.O_RDWR;
            if (mode != expected)
            {
                throw new RegionTypeException(displayPath, $"its descriptor was opened with access mode 0x{mode:x}; expected 0x{expected:x}", isPassed: true);
            }
            if (seals < 0 || (seals & Seals) != Seals)
            {
                throw new RegionTypeException(displayPath, seals < 0
                    ? "it has no seals, so it is no memfd, and whoever has it could truncate it"
                    : $"it has the seals 0x{seals:x}; expected at least 0x{Seals:x}: neither to shrink nor to grow, and no more seals", isPassed: true);
            }
            RegionHeader header = RegionHeader.Read(handle, status.Size, displayPath);
            if (header.Producers == RegionHeader.Lanes)
            {
                throw new RegionTypeException(displayPath, "it is a topic of lanes, which are files beside it; expected a topic that is one region", isPassed: true);
            }
            return file = new RegionFile(handle, header, displayPath, null, status.Id, null, readOnly)
            {
                IsPassed = true,
                _events = RegionEvents.FromPassed(events, readOnly ? 0 : RegionEvents.CountOf(header.Geometry), displayPath),
            };
        }
        finally
        {
            if (file is null)
            {
                handle.Dispose();
                Array.ForEach(events, static each => each.Dispose());
            }
        }
    }

    /// <summary>Opens what a process has open, to look at it: it may have lost its name, or never had one.</summary>
    /// <exception cref="NotFoundErrnoException">There is no such process, or it has no such descriptor.</exception>
    /// <exception cref="AccessErrnoException">It is not this process's to look at.</exception>
    /// <exception cref="RegionException">It is not a region that can be used.</exception>
    internal static RegionFile OpenOf(int processId, int descriptor, RegionOptions options)
    {
        string path = $"/proc/{processId}/fd/{descriptor}";
        // Found first, which does nothing to it: it may be a device, or a pipe.
        using SafeFileHandle found = Libc.Open(path, Libc.O_PATH);
        if (found.IsInvalid)
        {
            throw ErrnoException.From(Syscall.LastError, "open", path);
        }
        FileStatus status = Libc.Fstat(found, path);
        return status.IsRegularFile
            ? OpenAgain(found, path, null, null, options, readOnly: true)
            : throw new RegionTypeException(path, $"it is {status.TypeName}; expected a regular file");
    }

    /// <summary>A description for another process: nobody else has it, so that its locks are that process's own.</summary>
    internal SafeFileHandle OpenToPass(bool readOnly) => OpenDescription(Handle, DisplayPath, readOnly);

    /// <summary>
    /// The same file through a description of its own: locks belong to a description, so each endpoint needs one. Works
    /// also when the file has lost its name.
    /// </summary>
    internal override RegionFile Reopen(RegionOptions options, bool readOnly)
    {
        RegionFile own = OpenAgain(Handle, DisplayPath, Path, Directory, options, readOnly);
        if (own.Header == Header)
        {
            // Who only looks neither sleeps nor wakes.
            return own.With(readOnly ? null : _events);
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
        if (Libc.Fstat(Handle, DisplayPath).AllocatedBytes >= (ulong)Header.Geometry.RegionSize)
        {
            return;
        }
        using SafeFileHandle? writable = IsPassed ? null : OpenDescription(Handle, DisplayPath, readOnly: false);
        Syscall.Check(Libc.Fallocate(writable ?? Handle, Header.Geometry.RegionSize), "fallocate", DisplayPath);
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

    internal override void Read(Span<byte> bytes, long offset)
    {
        long read = Syscall.Check(Libc.Read(Handle, bytes, offset), "pread", DisplayPath);
        if (read != bytes.Length)
        {
            throw new RegionSizeException(DisplayPath, $"the file was truncated: it ends within the {bytes.Length} bytes at {offset}");
        }
    }

    internal override void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            int written = (int)Syscall.Check(Libc.Write(Handle, bytes, offset), "pwrite", DisplayPath);
            bytes = bytes[written..];
            offset += written;
        }
    }

    /// <remarks>By its times, which are nobody's business: a change of them raises IN_ATTRIB. What goes wrong costs only that.</remarks>
    internal override void Touch() => _ = Libc.futimens(Handle, 0);

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

    /// <summary>
    /// Opens a region that was just made: by its name, so that people see that under /proc and not an inode's number, unless
    /// somebody has removed or replaced it by now.
    /// </summary>
    private static RegionFile OpenMade(RegionDirectory directory, string name, SafeFileHandle made, RegionOptions options)
    {
        string full = directory.PathOf(name);
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
        return OpenAgain(made, full, full, directory, options, readOnly: false);
    }

    /// <summary>Opens what is open, and so is not being deleted.</summary>
    private static RegionFile OpenAgain(
        SafeFileHandle handle, string displayPath, string? path, RegionDirectory? directory, RegionOptions options, bool readOnly) =>
        TryOpenAgain(handle, displayPath, path, directory, options, readOnly) ??
        throw ErrnoException.From(ErrorNumber.EAGAIN, Libc.SetLock, displayPath);

    /// <summary>The file through a description of its own, checked; null when it is being deleted.</summary>
    private static RegionFile? TryOpenAgain(
        SafeFileHandle handle, string displayPath, string? path, RegionDirectory? directory, RegionOptions options, bool readOnly)
    {
        using Borrowed held = new(handle);
        SafeFileHandle own = OpenDescription(handle, displayPath, readOnly);
        RegionFile? file = null;
        try
        {
            FileStatus status = Libc.Fstat(own, displayPath);
            RegionTrust.CheckFile(status, displayPath, options);
            bool takesPart = path is not null && !readOnly;
            if (takesPart && !RegionUse.TryBegin(own, displayPath))
            {
                return null;
            }
            RegionHeader header = RegionHeader.Read(own, status.Size, displayPath);
            return file = new RegionFile(own, header, displayPath, path, status.Id, header.Producers == RegionHeader.Lanes ? directory?.Share() : null, readOnly);
        }
        finally
        {
            if (file is null)
            {
                own.Dispose();
            }
        }
    }

    /// <summary>This file, with descriptors of its own for what sleepers are woken by.</summary>
    private RegionFile With(RegionEvents? events)
    {
        try
        {
            _events = events?.Duplicate();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens what a descriptor leads to anew: locks belong to a description.</summary>
    internal static SafeFileHandle OpenDescription(SafeFileHandle handle, string displayPath, bool readOnly)
    {
        using Borrowed file = new(handle);
        SafeFileHandle own = Libc.Open(Libc.ProcPath(file.Fd), readOnly ? Libc.O_RDONLY : Libc.O_RDWR);
        if (own.IsInvalid)
        {
            ErrorNumber error = Syscall.LastError;
            // The file is there, for it is open: what is missing can only be /proc.
            throw ErrnoException.From(error, "open", error == ErrorNumber.ENOENT ? Libc.ProcPath(file.Fd) : displayPath);
        }
        return own;
    }

    public override void Dispose()
    {
        Handle.Dispose();
        Directory?.Dispose();
        _events?.Dispose();
    }
}
