using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// A ring of messages in shared memory, from one or more publishers to one subscriber, in as many processes, or in one. Open it by
/// the same path on all sides, then create the endpoint that this process needs.
/// </summary>
/// <remarks>
/// The topic itself only holds the file open; endpoints live on when it is disposed. All members may be used by any thread.
/// A topic stays, with the messages in it, until its file is deleted or the machine restarts.
/// </remarks>
public sealed class Topic : IDisposable
{
    private readonly RegionFile _file;
    private readonly RegionOptions _options;

    private Topic(RegionFile file, RegionOptions options, bool isNew)
    {
        _file = file;
        _options = options;
        IsNew = isNew;
        RegionHeader header = file.Header;
        if (header.HubKey != 0)
        {
            file.Dispose();
            throw new RegionFormatException(file.DisplayPath, "it is a lane of a topic, not a topic of its own; open the topic that it lies beside");
        }
        uint producers = header.Producers == RegionHeader.Lanes ? RegionHeader.Lanes
            : header.Geometry.PublisherSlots == 1 ? RegionHeader.OneProducer
            : RegionHeader.ManyProducers;
        if ((header.Producers, header.Delivery, header.Overflow, header.Geometry.SubscriberSlots) != (producers, 0, 0, 1))
        {
            file.Dispose();
            throw new RegionVersionException(file.DisplayPath,
                $"it is a topic of another kind (producers {header.Producers} with {header.Geometry.PublisherSlots} slots, delivery {header.Delivery}, overflow {header.Overflow}, " +
                $"{header.Geometry.SubscriberSlots} subscriber slots) than this library offers: a queue with one subscriber");
        }
        string? wrong = RegionGeometry.TryCreate(header.Geometry.PageSize, 1, 1, header.RingCapacity, out _);
        if (wrong is not null)
        {
            file.Dispose();
            throw new RegionFormatException(file.DisplayPath, wrong);
        }
    }

    /// <summary>The full path, or null for an anonymous topic.</summary>
    public string? Path => _file.Path;

    /// <summary>The bytes of the ring, or of each lane.</summary>
    public int Capacity => (int)_file.Header.RingCapacity;

    /// <summary>Whether each publisher has a ring of its own.</summary>
    public bool Lanes => _file.Header.Producers == RegionHeader.Lanes;

    /// <summary>How many publishers it may have at once.</summary>
    public int Publishers => _file.Header.Geometry.PublisherSlots;

    /// <summary>The largest payload, in bytes: a quarter of the capacity.</summary>
    public int MaxMessageLength => RecordDescriptor.MaxLength(Capacity);

    /// <summary>Whether this call made the topic.</summary>
    public bool IsNew { get; }

    private bool AllowSynchronousContinuations { get; init; }

    /// <summary>Opens a topic that exists.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="options">How this process maps it; <see cref="TopicOptions.Capacity"/> and <see cref="TopicOptions.Publishers"/> are not looked at.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="NotFoundErrnoException">There is no such file.</exception>
    /// <exception cref="RegionException">The file is not a topic, was damaged, or is not to be trusted; its type says which.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static Topic Open(string path, TopicOptions? options = null)
    {
        Syscall.RequirePlatform();
        RegionOptions region = (options ?? TopicOptions.Default).ToRegionOptions();
        return new Topic(RegionFile.Open(path, region, readOnly: false), region, isNew: false)
        {
            AllowSynchronousContinuations = options?.AllowSynchronousContinuations == true,
        };
    }

    /// <summary>Opens a topic, or makes it where there is none: exactly one of many processes that call this at once makes it.</summary>
    /// <param name="path">Its file. The last directory of the path is made where it is missing, for this user and the group that
    /// <see cref="TopicOptions.Mode"/> lets in. Use a directory
    /// under <c>/dev/shm</c> for memory, or one on a disk for a ring that can be brought there by <see cref="Endpoint.Flush"/>.</param>
    /// <param name="options">How to make it.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="TopicMismatchException">It exists with another capacity, or for another number of publishers.</exception>
    /// <exception cref="SpaceErrnoException">There is not enough space: nothing was made.</exception>
    /// <inheritdoc cref="Open(string, TopicOptions?)" path="/exception"/>
    public static Topic OpenOrCreate(string path, TopicOptions? options = null)
    {
        Syscall.RequirePlatform();
        options ??= TopicOptions.Default;
        RegionHeader header = options.ToHeader();
        RegionOptions region = options.ToRegionOptions();
        Topic topic = new(RegionFile.OpenOrCreate(path, header, region, out bool created), region, created)
        {
            AllowSynchronousContinuations = options.AllowSynchronousContinuations,
        };
        try
        {
            Match(path, nameof(TopicOptions.Capacity), topic.Capacity, options.Capacity);
            Match(path, nameof(TopicOptions.Publishers), topic.Publishers, options.Publishers);
            Match(path, nameof(TopicOptions.Lanes), topic.Lanes, options.Lanes);
            return topic;
        }
        catch
        {
            topic.Dispose();
            throw;
        }
    }

    /// <summary>Makes a topic without a name, for threads of this process; it is gone with its last endpoint.</summary>
    /// <param name="options">How to make it.</param>
    /// <returns>The topic, in a sealed memfd: nobody can truncate it.</returns>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static Topic CreateAnonymous(TopicOptions? options = null)
    {
        Syscall.RequirePlatform();
        options ??= TopicOptions.Default;
        if (options.Lanes)
        {
            throw new ArgumentException($"{nameof(TopicOptions.Lanes)} is set: lanes are files beside the topic's, so they need a topic with a path.");
        }
        RegionOptions region = options.ToRegionOptions();
        return new Topic(RegionFile.CreateAnonymous(options.ToHeader(), region), region, isNew: true)
        {
            AllowSynchronousContinuations = options.AllowSynchronousContinuations,
        };
    }

    /// <summary>Becomes the topic's publisher, or one of them. Where the last one stopped or died, this one goes on.</summary>
    /// <param name="wait">How it waits for room.</param>
    /// <returns>The publisher.</returns>
    /// <exception cref="Endpoints.EndpointInUseException">The topic has as many living publishers as it may; it says which.</exception>
    /// <exception cref="RingCorruptException">Somebody wrote over the ring.</exception>
    /// <exception cref="RegionException">The file was damaged since it was opened.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public Publisher CreatePublisher(Waiting.WaitStrategy wait = Waiting.WaitStrategy.Adaptive)
    {
        Check(wait);
        return Lanes ? CreateLane(wait)
            : MapEndpoint((region, memory) => new Publisher(region, memory, wait, hub: null) { AllowsSynchronousContinuations = AllowSynchronousContinuations });
    }

    /// <summary>Becomes the topic's subscriber. Where the last one stopped or died, this one goes on.</summary>
    /// <param name="wait">How it waits for messages.</param>
    /// <param name="acknowledge">What a successor gets of a message that this one dies with.</param>
    /// <returns>The subscriber.</returns>
    /// <exception cref="Endpoints.EndpointInUseException">The topic has a living subscriber; it says which.</exception>
    /// <inheritdoc cref="CreatePublisher" path="/exception"/>
    public Subscriber CreateSubscriber(
        Waiting.WaitStrategy wait = Waiting.WaitStrategy.Adaptive, Acknowledge acknowledge = Acknowledge.AfterHandling)
    {
        Check(wait);
        return MapEndpoint((region, memory) => new Subscriber(region, memory, wait, acknowledge, _options) { AllowsSynchronousContinuations = AllowSynchronousContinuations });
    }

    /// <summary>
    /// Looks at the topic from outside, through a mapping that cannot write: how far it is, and who is there. The figures are read
    /// one after the other while others go on.
    /// </summary>
    /// <returns>What was seen. Where somebody wrote over the topic, the figures may be any.</returns>
    /// <exception cref="RegionException">The file was damaged since it was opened.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public unsafe TopicSnapshot Inspect()
    {
        Region region = Region.Map(_file, _options with { PopulateLimit = 0, Lock = false, HugePages = false }, readOnly: true);
        try
        {
            return TopicSnapshot.Read(new RingMemory(region.Address, region.Geometry, region.File.Header.Key), region.File, _options);
        }
        finally
        {
            region.CloseFile();
            region.Unmap();
        }
    }

    /// <summary>Whether the path still leads to this topic. One system call.</summary>
    /// <returns>The state of the name now.</returns>
    /// <exception cref="ErrnoException">This process may not look, or no longer.</exception>
    public RegionName CheckName() => _file.CheckName();

    /// <summary>Lets go of the file. Endpoints live on.</summary>
    public void Dispose() => _file.Dispose();

    private static void Match<T>(string path, string option, T found, T expected) where T : struct
    {
        if (!found.Equals(expected))
        {
            throw new TopicMismatchException(path, option, found, expected);
        }
    }

    private static void Check(Waiting.WaitStrategy wait)
    {
        if (!Enum.IsDefined(wait))
        {
            throw new ArgumentOutOfRangeException(nameof(wait), wait, "Expected one of the named values.");
        }
    }

    private unsafe Publisher CreateLane(Waiting.WaitStrategy wait)
    {
        Region region = Region.Map(_file, _options, readOnly: false);
        LaneHub? hub = null;
        try
        {
            hub = new LaneHub(region);
            return LaneFiles.Take(
                LaneFiles.OpenOrCreate(_file, hub.Index, _options),
                lane => new Publisher(lane, new RingMemory(lane.Address, lane.Geometry, lane.File.Header.Key), wait, hub)
                {
                    AllowsSynchronousContinuations = AllowSynchronousContinuations,
                });
        }
        catch
        {
            hub?.Release();
            region.CloseFile();
            region.Unmap();
            throw;
        }
    }

    private unsafe T MapEndpoint<T>(Func<Region, RingMemory, T> create) where T : Endpoint
    {
        Region region = Region.Map(_file, _options, readOnly: false);
        try
        {
            return create(region, new RingMemory(region.Address, region.Geometry, region.File.Header.Key));
        }
        catch
        {
            region.CloseFile();
            region.Unmap();
            throw;
        }
    }
}
