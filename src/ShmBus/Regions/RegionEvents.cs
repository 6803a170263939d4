using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// The eventfds of a region, as one holder has them: one for each slot, in the order of the table, publishers' slots first. The owner
/// of a slot waits for its own, whoever wakes it writes there.
/// </summary>
/// <remarks>
/// The descriptors are the holder's, what they lead to is everybody's: there is one count for each slot, and whoever has a region's
/// eventfds can take wakes away from a sleeper, or make a wake block. So they are for peers that trust each other.
/// </remarks>
internal sealed class RegionEvents : IDisposable
{
    private readonly SafeFileHandle[] _handles;

    private RegionEvents(SafeFileHandle[] handles) => _handles = handles;

    /// <summary>In the order of the slots.</summary>
    internal IReadOnlyList<SafeFileHandle> Handles => _handles;

    /// <summary>Those of a new region.</summary>
    /// <exception cref="ErrnoException">There may not be so many descriptors.</exception>
    internal static RegionEvents Create(RegionGeometry geometry) =>
        Fill(geometry.PublisherSlots + geometry.SubscriberSlots, static (_, _) => Libc.Eventfd(), 0, "eventfd");

    /// <summary>The same for another holder.</summary>
    /// <inheritdoc cref="Create" path="/exception"/>
    internal RegionEvents Duplicate() => Fill(_handles.Length, static (handles, i) => Libc.Duplicate(handles[i]), _handles, "fcntl(F_DUPFD_CLOEXEC)");

    /// <summary>Those that were handed over with a region, which are this holder's from now on. Closes them where they cannot be used.</summary>
    /// <exception cref="RegionFormatException">They are not what belongs to the region.</exception>
    internal static RegionEvents FromPassed(SafeFileHandle[] handles, in RegionGeometry geometry, string displayPath)
    {
        RegionEvents events = new(handles);
        int slots = geometry.PublisherSlots + geometry.SubscriberSlots;
        string? wrong = handles.Length != slots ? $"it came with {handles.Length} eventfds; expected {slots}, one for each slot"
            : !Array.TrueForAll(handles, Libc.IsEventfd) ? "it came with a descriptor that is not an eventfd which does not block"
            : null;
        if (wrong is not null)
        {
            events.Dispose();
            throw new RegionFormatException(displayPath, wrong);
        }
        return events;
    }

    public void Dispose() => Array.ForEach(_handles, static handle => handle.Dispose());

    private static RegionEvents Fill<T>(int count, Func<T, int, SafeFileHandle> make, T from, string operation)
    {
        SafeFileHandle[] handles = new SafeFileHandle[count];
        for (int i = 0; i < count; i++)
        {
            handles[i] = make(from, i);
            if (handles[i].IsInvalid)
            {
                ErrorNumber error = Syscall.LastError;
                Array.ForEach(handles[..i], static handle => handle.Dispose());
                throw ErrnoException.From(error, operation);
            }
        }
        return new RegionEvents(handles);
    }
}
