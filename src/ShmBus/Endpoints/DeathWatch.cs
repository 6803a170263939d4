using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.Endpoints;

/// <summary>
/// One thread for the process that learns of deaths without polling: when a process dies, the kernel closes its files, and
/// inotify tells. Then the endpoints of this process on that region are woken to look again. It also notices when a region
/// loses its name.
/// </summary>
internal sealed class DeathWatch
{
    private const uint Mask = Libc.IN_CLOSE_WRITE | Libc.IN_ATTRIB | Libc.IN_MOVE_SELF;

    /// <summary>
    /// After a close the endpoints look again at these times, in milliseconds: the kernel tells of the close a moment before
    /// it frees the lock, and a moment can be long when the machine is busy.
    /// </summary>
    private static readonly int[] LookAfter = [0, 1, 5, 25, 100, 500, 2500];

    private static readonly Lazy<DeathWatch> Shared = new(() => new DeathWatch());

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Watched> _byWatch = [];
    private readonly Dictionary<FileId, Watched> _byFile = [];
    private readonly SafeFileHandle _inotify;

    private DeathWatch()
    {
        _inotify = Libc.InotifyInit();
        if (_inotify.IsInvalid)
        {
            Refused = new RefusedOption("DeathWatch", ErrnoException.Describe(Syscall.LastError, "inotify_init1", null));
            return;
        }
        try
        {
            // Without the context of whoever is the first to need it: it serves others, and without end.
            new Thread(Run) { IsBackground = true, Name = "ShmBus death watch" }.UnsafeStart();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            Refused = new RefusedOption("DeathWatch", $"Its thread could not be started: {exception.Message} Raise the limit of threads (ulimit -u, pids.max).");
            _inotify.Dispose();
        }
    }

    private RefusedOption? Refused { get; }

    /// <summary>Tells a listener from now on; returns why not, where the system refuses.</summary>
    internal static RefusedOption? Register(IDeathListener listener, RegionSource source)
    {
        if (source is RegionArray array)
        {
            // Within the process nobody needs to be watched: who leaves tells.
            array.Changed += listener.OnClose;
            return null;
        }
        return Shared.Value.Add(listener, (RegionFile)source);
    }

    /// <summary>Tells it no more. When this returns, no call to it is under way, unless made by the caller itself.</summary>
    internal static void Unregister(IDeathListener listener, RegionSource source)
    {
        if (source is RegionArray array)
        {
            array.Changed -= listener.OnClose;
        }
        else
        {
            Shared.Value.Remove(listener, (RegionFile)source);
        }
    }

    private RefusedOption? Add(IDeathListener listener, RegionFile file)
    {
        if (Refused is not null)
        {
            return Refused;
        }
        lock (_lock)
        {
            if (!_byFile.TryGetValue(file.Id, out Watched? watched))
            {
                using Borrowed handle = new(file.Handle);
                int watch = Libc.inotify_add_watch(_inotify, Libc.ProcPath(handle.Fd), Mask);
                if (watch < 0)
                {
                    return new RefusedOption("DeathWatch", ErrnoException.Describe(Syscall.LastError, "inotify_add_watch", file.DisplayPath));
                }
                watched = new Watched(watch);
                _byFile.Add(file.Id, watched);
                _byWatch[watch] = watched;
            }
            watched.Listeners = [.. watched.Listeners, listener];
            return null;
        }
    }

    private void Remove(IDeathListener listener, RegionFile file)
    {
        lock (_lock)
        {
            if (!_byFile.TryGetValue(file.Id, out Watched? watched))
            {
                return;
            }
            watched.Listeners = [.. watched.Listeners.Where(each => each != listener)];
            if (watched.Listeners.Length > 0)
            {
                return;
            }
            _byFile.Remove(file.Id);
            _byWatch.Remove(watched.Watch);
            // Fails when the file is gone, and its watch with it.
            _ = Libc.inotify_rm_watch(_inotify, watched.Watch);
        }
    }

    private void Run()
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            Libc.WaitReadable(_inotify, MillisecondsToNextLook());
            lock (_lock)
            {
                ReadEvents(buffer);
                LookAgain();
            }
        }
    }

    private int MillisecondsToNextLook()
    {
        lock (_lock)
        {
            long next = long.MaxValue;
            foreach (Watched watched in _byWatch.Values)
            {
                next = Math.Min(next, watched.NextLook);
            }
            return next == long.MaxValue ? -1 : (int)Math.Max(0, next - Environment.TickCount64);
        }
    }

    private void ReadEvents(byte[] buffer)
    {
        ReadOnlySpan<byte> events = buffer.AsSpan(0, Libc.ReadAvailable(_inotify, buffer));
        while (!events.IsEmpty)
        {
            Libc.inotify_event head = MemoryMarshal.Read<Libc.inotify_event>(events);
            events = events[(Marshal.SizeOf<Libc.inotify_event>() + (int)head.len)..];
            if ((head.mask & Libc.IN_Q_OVERFLOW) != 0)
            {
                // Events were dropped, of whatever file: all look.
                foreach (Watched each in _byWatch.Values)
                {
                    each.Handle(Mask);
                }
            }
            else if (_byWatch.TryGetValue(head.wd, out Watched? watched))
            {
                watched.Handle(head.mask);
            }
        }
    }

    private void LookAgain()
    {
        long now = Environment.TickCount64;
        foreach (Watched watched in _byWatch.Values)
        {
            if (watched.NextLook <= now)
            {
                watched.Look(now);
            }
        }
    }

    /// <summary>One file, and the endpoints of this process that are on it.</summary>
    private sealed class Watched(int watch)
    {
        private long _closedAt;
        private int _looks;

        internal int Watch { get; } = watch;

        /// <summary>As a rule there is one.</summary>
        internal IDeathListener[] Listeners { get; set; } = [];

        internal long NextLook { get; private set; } = long.MaxValue;

        internal void Handle(uint mask)
        {
            if ((mask & Libc.IN_CLOSE_WRITE) != 0)
            {
                NextLook = _closedAt = Environment.TickCount64;
                _looks = 0;
            }
            if ((mask & (Libc.IN_ATTRIB | Libc.IN_MOVE_SELF)) != 0)
            {
                Array.ForEach(Listeners, static listener => listener.OnTouched());
            }
        }

        internal void Look(long now)
        {
            _looks++;
            NextLook = _looks < LookAfter.Length ? Math.Max(now, _closedAt + LookAfter[_looks]) : long.MaxValue;
            Array.ForEach(Listeners, static listener => listener.OnClose());
        }
    }
}

/// <summary>An endpoint that wants to know. Called by one thread at a time, with a lock held: brief, and never calling back.</summary>
internal interface IDeathListener
{
    /// <summary>Somebody closed the region, and may have died: look, and wake up for it.</summary>
    void OnClose();

    /// <summary>The file may have lost its name; or somebody came, or left, who says so by touching it.</summary>
    void OnTouched();
}
