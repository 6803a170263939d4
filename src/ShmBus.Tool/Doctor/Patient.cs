using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Doctor;

/// <summary>The bus and the system that are looked at.</summary>
internal sealed class Patient : IDisposable
{
    // Longer than any message is in the making, and any process without a processor, on a machine that is well.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    private Patient(BusOptions options, string root, uint user)
    {
        Root = root;
        User = user;
        try
        {
            Bus = Bus.Open(options);
            Directory = Bus.Directory!;
        }
        catch (Exception exception) when (exception is RegionException { Path: not null } or ErrnoException { Path: not null })
        {
            Problem = exception;
            Directory = (exception as RegionException)?.Path ?? ((ErrnoException)exception).Path!;
        }
    }

    /// <summary>The bus, or null: see <see cref="Problem"/>.</summary>
    internal Bus? Bus { get; }

    /// <summary>Why the bus cannot be opened, or looked through.</summary>
    internal Exception? Problem { get; private set; }

    /// <summary>The directory of the bus, which need not be there.</summary>
    internal string Directory { get; }

    /// <summary>The user whose processes use the bus.</summary>
    internal uint User { get; }

    /// <summary>In front of the paths of the system's files: empty, but for tests.</summary>
    internal string Root { get; }

    /// <summary>All that stands in the directory, and what stood there and is in use still.</summary>
    internal IReadOnlyList<LookedAt> Topics { get; private set; } = [];

    /// <summary>What stands in the directory.</summary>
    internal IEnumerable<TopicInfo> Files => Topics.Select(static topic => topic.Info).OfType<TopicInfo>();

    /// <summary>Opens the bus, whose directory is not made, and looks at all that is there.</summary>
    internal static async Task<Patient> LookAtAsync(BusOptions options, string root, uint user, CancellationToken cancellation)
    {
        Patient patient = new(options, root, user);
        try
        {
            patient.Topics = patient.Bus is Bus bus ? LookedAt.FindAll(bus, options) : [];
            await LookedAt.LookAsync(patient.Topics, cancellation, BetweenLooks).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ErrnoException or BusRemovedException)
        {
            // It may be entered, but not read; or it went meanwhile.
            patient.Problem = exception;
        }
        return patient;
    }

    public void Dispose()
    {
        foreach (LookedAt topic in Topics)
        {
            topic.Dispose();
        }
        Bus?.Dispose();
    }
}
