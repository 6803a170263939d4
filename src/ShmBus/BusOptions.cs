using System.Globalization;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>Where a bus is, and whom it lets in.</summary>
public sealed record BusOptions
{
    private const string SharedMemory = "/dev/shm";

    internal static readonly BusOptions Default = new();

    /// <summary>
    /// Any directory: its last part is made where it is missing. Null is one under <c>/dev/shm</c>: <c>shmbus-UID</c>, of this user, or
    /// <c>shmbus-gGID</c> where <see cref="Mode"/> lets a group in.
    /// </summary>
    public string? Directory { get; init; }

    /// <summary>Tells several buses of one user, or group, apart: <c>shmbus-UID.NAME</c>. Not with <see cref="Directory"/>. The rules for names of topics hold.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// The permission bits of topics that do not say otherwise: 600 (the default), 640 or 660 in octal. The directory gets those that
    /// go with it where it is made: 700, 2750 or 2770. Bits for the group also mean that this process accepts what
    /// belongs to others of the group: whoever can write a topic can feed its readers anything.
    /// </summary>
    public UnixFileMode Mode { get; init; } = RegionOptions.OwnerOnly;

    /// <summary>
    /// The id of the group that <see cref="Mode"/> lets in, and that the directory and the topics are given to. It must be set where
    /// Mode lets a group in, and nowhere else. But for a <see cref="Directory"/> of one's own, null lets in every group of this process.
    /// </summary>
    public int? Group { get; init; }

    /// <summary>Whether the directory is made where it is missing, as it is unless told. Who only looks sets it to false.</summary>
    public bool CreateDirectory { get; init; } = true;

    private bool LetsGroupIn => (Mode & RegionOptions.GroupAccess) != 0;

    /// <summary>What keeps a bus from being opened with them, as far as that can be said without opening anything.</summary>
    /// <returns>Each begins with the name of a property, and says what was expected; empty if all is well.</returns>
    public IReadOnlyList<string> FindProblems() => [.. Problems()];

    /// <summary>Opens the directory, or makes it.</summary>
    internal RegionDirectory OpenDirectory()
    {
        RegionOptions.ThrowFirst(FindProblems());
        RegionOptions options = RegionOptions.Default with { Mode = Mode, Group = (uint?)Group };
        return RegionDirectory.Open(Directory is null ? DefaultDirectory() : FullPath(Directory), CreateDirectory, options, inherits: LetsGroupIn);
    }

    private string DefaultDirectory()
    {
        string owner = LetsGroupIn ? $"g{Group}" : Libc.geteuid().ToString(CultureInfo.InvariantCulture);
        return $"{SharedMemory}/shmbus-{owner}{(Name is null ? "" : $".{Name}")}";
    }

    // With a separator at its end a path would lead through a symbolic link.
    private static string FullPath(string directory) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));

    private IEnumerable<string> Problems()
    {
        foreach (string problem in RegionOptions.FindProblems(Mode, Group))
        {
            yield return problem;
        }
        if (Directory is { Length: 0 })
        {
            yield return $"{nameof(Directory)} is empty; expected a path, or null for the one under {SharedMemory}.";
        }
        if (Directory is not null && Name is not null)
        {
            yield return $"{nameof(Name)} is '{Name}' and {nameof(Directory)} is '{Directory}'; expected one of them, or none.";
        }
        if (Name is not null && TopicNames.Problem(Name) is string wrong)
        {
            yield return $"{nameof(Name)} is '{Name}', which cannot be used: {wrong}.";
        }
        if (Directory is null && LetsGroupIn && Group is null)
        {
            yield return $"{nameof(Group)} is not set, and {nameof(Mode)} lets a group in; expected the id of that group, or a {nameof(Directory)}.";
        }
        if (!LetsGroupIn && Group is not null)
        {
            yield return $"{nameof(Group)} is {Group}, and {nameof(Mode)} lets no group in; expected the {nameof(Mode)} 640 or 660 (octal), or no {nameof(Group)}.";
        }
    }
}
