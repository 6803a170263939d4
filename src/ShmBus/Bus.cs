using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>
/// A directory of topics, each found by its name. Processes that open the same bus meet there.
/// </summary>
/// <remarks>
/// The bus holds its directory open and reaches everything through that. Topics and endpoints live on when it is disposed. All
/// members may be used by any thread. They make system calls, and do not wait for others, but up to a second for a process that
/// stopped in the middle of deleting the very topic.
/// </remarks>
public abstract class Bus : IDisposable
{
    private protected Bus()
    {
    }

    /// <summary>The version of the layout that this library makes regions in: it opens those of the same major version.</summary>
    public static Version LayoutVersion { get; } = new(RegionDescriptor.MajorVersion, RegionDescriptor.MinorVersion);

    /// <summary>The full path of its directory; null for a bus within the process.</summary>
    public abstract string? Directory { get; }

    /// <summary>Opens a bus, and makes its directory where it is missing, unless <see cref="BusOptions.CreateDirectory"/> says otherwise.</summary>
    /// <param name="options">Where it is, and whom it lets in; unless told, <c>/dev/shm/shmbus-UID</c>, for this user only.</param>
    /// <returns>The bus.</returns>
    /// <exception cref="ArgumentException">An option cannot be used; it says which.</exception>
    /// <exception cref="RegionOwnerException">The directory belongs to somebody else, or somebody else can change it.</exception>
    /// <exception cref="RegionTypeException">It is no directory.</exception>
    /// <exception cref="NotFoundErrnoException">It is missing, and so is the directory above it, or it is not to be made.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static Bus Open(BusOptions? options = null)
    {
        Syscall.RequirePlatform();
        return new DirectoryBus(options ?? BusOptions.Default);
    }

    /// <summary>Opens a bus in a directory of one's own, for this user only.</summary>
    /// <param name="directory">The directory; its last part is made where it is missing.</param>
    /// <inheritdoc cref="Open(BusOptions?)"/>
    public static Bus Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Open(new BusOptions { Directory = directory });
    }

    /// <summary>
    /// Makes a bus in the memory of this process, for its threads: for tests, and for development on systems where there is no other
    /// kind. Topics and endpoints on it behave as on any bus, and are made of the same code, but for the system: it runs wherever .NET does.
    /// </summary>
    /// <remarks>
    /// Its topics are kept for as long as it is, or as somebody has them open. Of the options, those that speak of files and pages have no effect.
    /// </remarks>
    /// <returns>A bus of its own: pass it on to whom it may concern.</returns>
    public static Bus InProcess() => new InProcessBus();

    /// <summary>What keeps a name from being that of a topic. Opens nothing.</summary>
    /// <param name="name">The name.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? FindNameProblem(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TopicNames.Problem(name);
    }

    /// <summary>Opens a topic that exists.</summary>
    /// <param name="name">Its name: letters, digits, '-', '_' and '.', not '.' first, at most 200 bytes in UTF-8.</param>
    /// <param name="options">How this process maps it. Mode and group are those of the bus, where it does not say otherwise.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="TopicNameException">The name cannot be used.</exception>
    /// <exception cref="NotFoundErrnoException">There is no such topic.</exception>
    /// <exception cref="BusRemovedException">The directory was removed or replaced.</exception>
    /// <exception cref="RegionException">The file is not a topic, was damaged, or is not to be trusted; its type says which.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="ObjectDisposedException">The bus was disposed.</exception>
    public abstract Topic OpenTopic(string name, TopicOptions? options = null);

    /// <summary>Opens a topic, or makes it where there is none: exactly one of many processes that call this at once makes it.</summary>
    /// <param name="name">Its name: letters, digits, '-', '_' and '.', not '.' first, at most 200 bytes in UTF-8.</param>
    /// <param name="options">How to make it. Mode and group are those of the bus, where it does not say otherwise.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="TopicMismatchException">It exists, made in another way; it says which option differs.</exception>
    /// <exception cref="SpaceErrnoException">There is not enough space: nothing was made.</exception>
    /// <inheritdoc cref="OpenTopic" path="/exception"/>
    public abstract Topic OpenOrCreateTopic(string name, TopicOptions? options = null);

    /// <summary>Looks at all that is in the directory, but the lanes of topics. Keeps nobody from deleting a topic meanwhile.</summary>
    /// <returns>What was found, by name. What is no topic, or is damaged, is there with its problem.</returns>
    /// <exception cref="BusRemovedException">The directory was removed or replaced.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="ObjectDisposedException">The bus was disposed.</exception>
    public abstract IReadOnlyList<TopicInfo> ListTopics();

    /// <summary>
    /// Looks at a topic from outside, through a mapping that cannot write: how far it is, and who is there. Keeps nobody from deleting it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <returns>What was seen. Where somebody wrote over the topic, the figures may be any.</returns>
    /// <inheritdoc cref="OpenTopic" path="/exception"/>
    public abstract TopicSnapshot InspectTopic(string name);

    /// <summary>
    /// Opens a topic to look at it again and again, through one mapping that cannot write: takes no place in it, and keeps nobody from deleting it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <returns>The observer: dispose it when it is no longer needed.</returns>
    /// <inheritdoc cref="OpenTopic" path="/exception"/>
    public abstract TopicObserver ObserveTopic(string name);

    /// <summary>
    /// Deletes a topic that nobody uses, with the messages in it: neither a <see cref="Topic"/> nor an endpoint of a living process, this
    /// one included, may have it open. A damaged one, too; but no file of another kind.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="TopicNameException">The name cannot be used.</exception>
    /// <exception cref="TopicInUseException">Somebody uses it, it says who; nothing was deleted.</exception>
    /// <exception cref="BusRemovedException">The directory was removed or replaced.</exception>
    /// <exception cref="RegionException">It is not a topic, or one of another version; its type says which.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="ObjectDisposedException">The bus was disposed.</exception>
    public abstract bool DeleteTopic(string name);

    /// <summary>
    /// Deletes the topics that nobody uses, with the messages in them, and with the places that are kept there. Those in use are not touched, nor what is damaged, of another
    /// version, or no topic. Lanes that a topic left, whose file was removed in another way, go as well.
    /// </summary>
    /// <returns>The names of those that it deleted.</returns>
    /// <exception cref="BusRemovedException">The directory was removed or replaced.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="ObjectDisposedException">The bus was disposed.</exception>
    public abstract IReadOnlyList<string> DeleteStaleTopics();

    /// <summary>
    /// Deletes lanes that a topic left, whose file was removed in another way: nobody can read what is in them any more. Those that a living process has open
    /// are not touched.
    /// </summary>
    /// <returns>The names of their files.</returns>
    /// <inheritdoc cref="DeleteStaleTopics" path="/exception"/>
    public abstract IReadOnlyList<string> DeleteLeftLanes();

    /// <summary>Lets go of the directory. Topics and endpoints live on.</summary>
    public abstract void Dispose();
}
