using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// A region in the memory of this process, as one holder has it: a file without a system. What the kernel keeps for a file is
/// kept here, in an object that all holders share: the locks, who wants to know that one was given back, and the lanes
/// beside a hub.
/// </summary>
/// <remarks>
/// Nobody dies in here without everybody else, so a holder lives until it is disposed. One that is forgotten keeps its locks for
/// as long as the region is known to anybody, as one of a file does in a process that lives on.
/// </remarks>
internal sealed class RegionArray : RegionSource
{
    private readonly Inode _inode;
    private bool _isClosed;

    private RegionArray(Inode inode, string name, bool readOnly = false) : base(inode.Header, name, readOnly)
    {
        _inode = inode;
        lock (inode.Lock)
        {
            inode.Holders += IsReadOnly ? 0 : 1;
        }
    }

    /// <summary>How many have it open, and not only to look: those keep nobody from deleting it.</summary>
    internal int Holders
    {
        get
        {
            lock (_inode.Lock)
            {
                return _inode.Holders;
            }
        }
    }

    /// <summary>What a file of it would have, and those of its lanes.</summary>
    internal long Size
    {
        get
        {
            lock (_inode.Lock)
            {
                return Header.Geometry.RegionSize + _inode.Lanes.Values.Sum(static lane => lane.Header.Geometry.RegionSize);
            }
        }
    }

    /// <summary>Raised when a lock was given back, or somebody came, on the thread that did: return soon, give back no lock.</summary>
    /// <remarks>When a handler was taken away, no call to it is under way, unless made by the caller itself.</remarks>
    internal event Action Changed
    {
        add
        {
            lock (_inode.Lock)
            {
                _inode.Changed += value;
            }
        }
        remove
        {
            lock (_inode.Lock)
            {
                _inode.Changed -= value;
            }
        }
    }

    internal override string? Path => null;

    /// <summary>Makes a region.</summary>
    /// <param name="header">What it is to be.</param>
    /// <param name="name">What to call it in a message.</param>
    internal static RegionArray Create(in RegionHeader header, string name) => new(new Inode(header), name);

    /// <summary>The lane of a number beside this hub.</summary>
    /// <exception cref="NotFoundErrnoException">Nobody made it.</exception>
    internal RegionArray OpenLane(int index)
    {
        lock (_inode.Lock)
        {
            return _inode.Lanes.TryGetValue(index, out Inode? lane) ? new RegionArray(lane, LaneName(index))
                : throw ErrnoException.From(ErrorNumber.ENOENT, "open", LaneName(index));
        }
    }

    /// <summary>The same, made where it is missing.</summary>
    internal RegionArray OpenOrCreateLane(int index, in RegionHeader header)
    {
        lock (_inode.Lock)
        {
            if (!_inode.Lanes.TryGetValue(index, out Inode? lane))
            {
                lane = new Inode(header);
                _inode.Lanes.Add(index, lane);
            }
            return new RegionArray(lane, LaneName(index));
        }
    }

    internal override RegionArray Reopen(RegionOptions options, bool readOnly)
    {
        lock (_inode.Lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return new RegionArray(_inode, DisplayPath, readOnly);
        }
    }

    internal override void Reserve()
    {
        // An array has all its bytes.
    }

    internal override ArrayMemory Map(RegionOptions options, bool readOnly) => _inode.Memory;

    internal override bool TryLock(long offset)
    {
        lock (_inode.Lock)
        {
            return _inode.Locks.TryAdd(offset, this) || _inode.Locks[offset] == this;
        }
    }

    internal override void Unlock(long offset)
    {
        lock (_inode.Lock)
        {
            if (_inode.Locks.TryGetValue(offset, out RegionArray? holder) && holder == this)
            {
                _inode.Locks.Remove(offset);
                _inode.Changed?.Invoke();
            }
        }
    }

    internal override bool IsLocked(long offset)
    {
        lock (_inode.Lock)
        {
            return _inode.Locks.TryGetValue(offset, out RegionArray? holder) && holder != this;
        }
    }

    internal override void Read(Span<byte> bytes, long offset)
    {
        lock (_inode.Lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _inode.Memory.Span(offset, bytes.Length).CopyTo(bytes);
        }
    }

    internal override void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        lock (_inode.Lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            bytes.CopyTo(_inode.Memory.Span(offset, bytes.Length));
        }
    }

    internal override void Touch()
    {
        lock (_inode.Lock)
        {
            _inode.Changed?.Invoke();
        }
    }

    internal override RegionName CheckName() => RegionName.Anonymous;

    public override void Dispose()
    {
        lock (_inode.Lock)
        {
            if (_isClosed)
            {
                return;
            }
            _isClosed = true;
            _inode.Holders -= IsReadOnly ? 0 : 1;
            foreach (long offset in _inode.Locks.Where(held => held.Value == this).Select(static held => held.Key).ToArray())
            {
                Unlock(offset);
            }
        }
    }

    private string LaneName(int index) => $"{DisplayPath}.lane{index}";

    /// <summary>What all holders share. Whoever touches it has its lock, which may be taken again by who has it.</summary>
    private sealed class Inode(in RegionHeader header)
    {
        internal Lock Lock { get; } = new();

        internal Action? Changed { get; set; }

        internal int Holders { get; set; }

        internal RegionHeader Header { get; } = header;

        internal ArrayMemory Memory { get; } = new(header);

        /// <summary>Who has the lock on which byte.</summary>
        internal Dictionary<long, RegionArray> Locks { get; } = [];

        /// <summary>Hub: its lanes by number.</summary>
        internal Dictionary<int, Inode> Lanes { get; } = [];
    }
}
