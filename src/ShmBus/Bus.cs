using ShmBus.Endpoints;
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
public sealed class Bus : IDisposable
{
    private readonly RegionDirectory _directory;
    private readonly BusOptions _options;

    private Bus(RegionDirectory directory, BusOptions options)
    {
        _directory = directory;
        _options = options;
    }

    /// <summary>The full path.</summary>
    public string Directory => _directory.Path;

    /// <summary>Opens a bus, and makes its directory where it is missing.</summary>
    /// <param name="options">Where it is, and whom it lets in; unless told, <c>/dev/shm/shmbus-UID</c>, for this user only.</param>
    /// <returns>The bus.</returns>
    /// <exception cref="ArgumentException">An option cannot be used; it says which.</exception>
    /// <exception cref="RegionOwnerException">The directory belongs to somebody else, or somebody else can change it.</exception>
    /// <exception cref="RegionTypeException">It is no directory.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static Bus Open(BusOptions? options = null)
    {
        Syscall.RequirePlatform();
        options ??= BusOptions.Default;
        return new Bus(options.OpenDirectory(), options);
    }

    /// <summary>Opens a bus in a directory of one's own, for this user only.</summary>
    /// <param name="directory">The directory; its last part is made where it is missing.</param>
    /// <inheritdoc cref="Open(BusOptions?)"/>
    public static Bus Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Open(new BusOptions { Directory = directory });
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
    public Topic OpenTopic(string name, TopicOptions? options = null)
    {
        Enter(name);
        return Topic.OpenIn(_directory, name, OnBus(options));
    }

    /// <summary>Opens a topic, or makes it where there is none: exactly one of many processes that call this at once makes it.</summary>
    /// <param name="name">Its name: letters, digits, '-', '_' and '.', not '.' first, at most 200 bytes in UTF-8.</param>
    /// <param name="options">How to make it. Mode and group are those of the bus, where it does not say otherwise.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="TopicMismatchException">It exists, made in another way; it says which option differs.</exception>
    /// <exception cref="SpaceErrnoException">There is not enough space: nothing was made.</exception>
    /// <inheritdoc cref="OpenTopic" path="/exception"/>
    public Topic OpenOrCreateTopic(string name, TopicOptions? options = null)
    {
        Enter(name);
        return Topic.OpenOrCreateIn(_directory, name, OnBus(options));
    }

    /// <summary>Looks at all that is in the directory, but the lanes of topics. Keeps nobody from deleting a topic meanwhile.</summary>
    /// <returns>What was found, by name. What is no topic, or is damaged, is there with its problem.</returns>
    /// <exception cref="BusRemovedException">The directory was removed or replaced.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="ObjectDisposedException">The bus was disposed.</exception>
    public IReadOnlyList<TopicInfo> ListTopics()
    {
        Enter();
        TopicOptions options = OnBus(null);
        return
        [
            .. _directory.Names().Where(static name => !LaneFiles.IsName(name)).Order(StringComparer.Ordinal)
                .Select(name => TopicInfo.Read(_directory, name, options)).OfType<TopicInfo>(),
        ];
    }

    /// <summary>
    /// Looks at a topic from outside, through a mapping that cannot write: how far it is, and who is there. Keeps nobody from deleting it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <returns>What was seen. Where somebody wrote over the topic, the figures may be any.</returns>
    /// <inheritdoc cref="OpenTopic" path="/exception"/>
    public TopicSnapshot InspectTopic(string name)
    {
        Enter(name);
        using Topic topic = Topic.LookAtIn(_directory, name, OnBus(null));
        return topic.Inspect();
    }

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
    public bool DeleteTopic(string name)
    {
        Enter(name);
        try
        {
            return TopicDeletion.TryDelete(_directory, name, onlyWhole: false) ? true
                : throw new TopicInUseException(_directory.PathOf(name), Holders(name));
        }
        catch (NotFoundErrnoException)
        {
            return false;
        }
    }

    /// <summary>
    /// Deletes the topics that nobody uses, with the messages in them, and with the places that are kept there. Those in use are not touched, nor what is damaged, of another
    /// version, or no topic. Lanes that a topic left, whose file was removed in another way, go as well.
    /// </summary>
    /// <returns>The names of those that it deleted.</returns>
    /// <exception cref="BusRemovedException">The directory was removed or replaced.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="ObjectDisposedException">The bus was disposed.</exception>
    public IReadOnlyList<string> DeleteStaleTopics()
    {
        Enter();
        List<string> deleted = [];
        foreach (string name in _directory.Names().Order(StringComparer.Ordinal))
        {
            try
            {
                if (LaneFiles.IsName(name))
                {
                    TopicDeletion.DeleteLeftLane(_directory, name);
                }
                else if (TopicNames.Problem(name) is null && TopicDeletion.TryDelete(_directory, name, onlyWhole: true))
                {
                    deleted.Add(name);
                }
            }
            catch (Exception exception) when (exception is NotFoundErrnoException or AccessErrnoException or RegionException)
            {
                // Gone by now, or not this process's to judge.
            }
        }
        return deleted;
    }

    /// <summary>Lets go of the directory. Topics and endpoints live on.</summary>
    public void Dispose() => _directory.Dispose();

    private TopicOptions OnBus(TopicOptions? options)
    {
        options ??= TopicOptions.Default;
        return options with { Mode = options.Mode ?? _options.Mode, Group = options.Group ?? _options.Group };
    }

    private void Enter(string name)
    {
        TopicNames.Check(name);
        Enter();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_directory.Handle.IsClosed, this);
        if (!_directory.IsInPlace)
        {
            throw new BusRemovedException(_directory.Path);
        }
    }

    /// <summary>Who has an endpoint on a topic, as far as it can be looked at.</summary>
    private EndpointInfo[] Holders(string name)
    {
        try
        {
            return [.. InspectTopic(name).Endpoints.Where(static endpoint => endpoint.IsAlive)];
        }
        catch (Exception exception) when (exception is RegionException or ErrnoException)
        {
            return [];
        }
    }
}

/// <summary>
/// The directory of a bus was removed, or another stands in its place: processes that come later do not meet those who have the old
/// one open. systemd does this at logout (<c>RemoveIPC</c>).
/// </summary>
public sealed class BusRemovedException : IOException
{
    internal BusRemovedException(string path)
        : base($"The directory '{path}' of this bus was removed, or another stands in its place. Open the bus anew, and its topics with it; " +
            "if it was at a logout, set RemoveIPC=no in logind.conf, or use a directory of your own.")
    {
        Path = path;
    }

    /// <summary>The directory.</summary>
    public string Path { get; }
}
