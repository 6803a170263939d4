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
    internal static RegionEvents Create(in RegionGeometry geometry) =>
        Fill(CountOf(geometry), static (_, _) => Libc.Eventfd(), 0, "eventfd");

    /// <summary>The same for another holder.</summary>
    /// <inheritdoc cref="Create" path="/exception"/>
    internal RegionEvents Duplicate() => Fill(_handles.Length, static (handles, i) => Libc.Duplicate(handles[i]), _handles, "fcntl(F_DUPFD_CLOEXEC)");

    /// <summary>Those that were handed over with a region, which are this holder's from now on; null where none were.</summary>
    /// <exception cref="RegionTypeException">They are not what belongs to the region.</exception>
    internal static RegionEvents? FromPassed(SafeFileHandle[] handles, int expected, string displayPath)
    {
        string? wrong = handles.Length != 0 && handles.Length != expected ? $"it came with {handles.Length} eventfds; expected none or {expected}"
            : !Array.TrueForAll(handles, Libc.IsEventfd) ? "it came with a descriptor that is not an eventfd which does not block"
            : null;
        return wrong is not null ? throw new RegionTypeException(displayPath, wrong, isPassed: true)
            : handles.Length == 0 ? null
            : new RegionEvents(handles);
    }

    internal static int CountOf(in RegionGeometry geometry) => geometry.PublisherSlots + geometry.SubscriberSlots;

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
