using System.Runtime.CompilerServices;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// A ring of messages in shared memory, from one or more publishers to one subscriber, or to each of several, in as many processes, or
/// in one. Open it by the same path on all sides, then create the endpoint that this process needs.
/// </summary>
/// <remarks>
/// The topic itself only holds the file open; endpoints live on when it is disposed. All members may be used by any thread.
/// A topic stays, with the messages in it, until its file is deleted or the machine restarts. A <see cref="Bus"/> does not delete it
/// while somebody has it open.
/// </remarks>
public sealed partial class Topic : IDisposable
{
    private readonly RegionSource _source;
    private readonly RegionOptions _options;
    private readonly bool _allowsSynchronousContinuations;

    private Topic(RegionSource source, TopicOptions? options, bool isNew)
    {
        options ??= TopicOptions.Default;
        _source = source;
        _options = options.ToRegionOptions(mayHaveEventfds: source is RegionFile { Path: null });
        _allowsSynchronousContinuations = options.AllowSynchronousContinuations;
        IsNew = isNew;
        RegionHeader header = source.Header;
        if (header.HubKey != 0)
        {
            source.Dispose();
            throw new RegionFormatException(source.DisplayPath, "it is a lane of a topic, not a topic of its own; open the topic that it lies beside");
        }
        if (!IsKnownKind(header))
        {
            source.Dispose();
            throw new RegionVersionException(source.DisplayPath,
                $"it is a topic of another kind (producers {header.Producers} with {header.Geometry.PublisherSlots} slots, delivery {header.Delivery}, overflow {header.Overflow}, " +
                $"{header.Geometry.SubscriberSlots} subscriber slots, eviction lag {header.EvictionLag} with capacity {header.Geometry.Capacity}) than this library offers");
        }
        string? wrong = RegionGeometry.TryCreate(header.Geometry.PageSize, 1, 1, header.RingCapacity, out _);
        if (wrong is not null)
        {
            source.Dispose();
            throw new RegionFormatException(source.DisplayPath, wrong);
        }
    }

    /// <summary>The full path, or null for an anonymous topic.</summary>
    public string? Path => _source.Path;

    /// <summary>The bytes of the ring, or of each lane.</summary>
    public int Capacity => (int)_source.Header.RingCapacity;

    /// <summary>Whether each publisher has a ring of its own.</summary>
    public bool Lanes => _source.Header.Producers == RegionHeader.Lanes;

    /// <summary>How many publishers it may have at once.</summary>
    public int Publishers => _source.Header.Geometry.PublisherSlots;

    /// <summary>Who gets a message.</summary>
    public Delivery Delivery => (Delivery)_source.Header.Delivery;

    /// <summary>How many subscribers it may have at once, kept places included.</summary>
    public int Subscribers => _source.Header.Geometry.SubscriberSlots;

    /// <summary>What happens when the ring is full.</summary>
    public Overflow Overflow => (Overflow)_source.Header.Overflow;

    /// <summary>How many bytes a subscriber may lag before it is evicted; 0 for any number.</summary>
    public int EvictionLag => (int)_source.Header.EvictionLag;

    /// <summary>Whether sleepers are woken through eventfds.</summary>
    public bool Eventfds => _source.Events is not null;

    /// <summary>The largest payload, in bytes: a quarter of the capacity.</summary>
    public int MaxMessageLength => RecordDescriptor.MaxLength(Capacity);

    /// <summary>Whether this call made the topic.</summary>
    public bool IsNew { get; }

    internal RegionSource Source => _source;

    /// <summary>The peer without whom its endpoints wait for nobody; null where there is no such.</summary>
    internal PeerLink? Link { private get; init; }

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
        return new Topic(RegionFile.Open(path, region, readOnly: false), options, isNew: false);
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
        return new Topic(RegionFile.OpenOrCreate(path, header, region, out bool created), options, created).Matching(options);
    }

    /// <summary>Opens a topic of a bus.</summary>
    internal static Topic OpenIn(RegionDirectory directory, string name, TopicOptions options)
    {
        RegionOptions region = options.ToRegionOptions();
        return new Topic(RegionFile.OpenIn(directory, name, region, readOnly: false), options, isNew: false);
    }

    /// <summary>Opens a topic of a bus, or makes it.</summary>
    internal static Topic OpenOrCreateIn(RegionDirectory directory, string name, TopicOptions options)
    {
        RegionHeader header = options.ToHeader();
        RegionOptions region = options.ToRegionOptions();
        return new Topic(RegionFile.OpenOrCreateIn(directory, name, header, region, out bool created), options, created).Matching(options);
    }

    /// <summary>Opens a topic of a bus to look at it only: that keeps nobody from deleting it.</summary>
    internal static Topic LookAtIn(RegionDirectory directory, string name, TopicOptions options)
    {
        RegionOptions region = options.ToRegionOptions();
        return new Topic(RegionFile.OpenIn(directory, name, region, readOnly: true), options, isNew: false);
    }

    /// <summary>Looks at a topic that a process has open, named or not.</summary>
    internal static Topic LookAtOf(int processId, int descriptor, TopicOptions options)
    {
        RegionOptions region = options.ToRegionOptions(mayHaveEventfds: true);
        return new Topic(RegionFile.OpenOf(processId, descriptor, region), options, isNew: false);
    }

    /// <summary>Makes a topic without a name, for threads of this process, and for those that a <see cref="RegionServer"/> hands it to; it is gone with its last endpoint.</summary>
    /// <param name="options">How to make it.</param>
    /// <returns>The topic, in a sealed memfd: nobody can truncate it.</returns>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static Topic CreateAnonymous(TopicOptions? options = null) => CreateAnonymous(options, link: null);

    /// <summary>The same, for one peer.</summary>
    internal static Topic CreateAnonymous(TopicOptions? options, PeerLink? link)
    {
        Syscall.RequirePlatform();
        options ??= TopicOptions.Default;
        options.RefuseLanes();
        RegionOptions region = options.ToRegionOptions(mayHaveEventfds: true);
        return new Topic(RegionFile.CreateAnonymous(options.ToHeader(), region, options.Eventfds), options, isNew: true) { Link = link };
    }

    /// <summary>A topic as another process handed it over, for one endpoint.</summary>
    internal static Topic OfPassed(RegionFile file, TopicOptions options, PeerLink link) => new(file, options, isNew: false) { Link = link };

    /// <summary>Becomes the topic's publisher, or one of them. Where the last one stopped or died, this one goes on.</summary>
    /// <param name="wait">How it waits for room.</param>
    /// <returns>The publisher.</returns>
    /// <exception cref="EndpointInUseException">The topic has as many living publishers as it may; it says which.</exception>
    /// <exception cref="RingCorruptException">Somebody wrote over the ring.</exception>
    /// <exception cref="RegionException">The file was damaged since it was opened.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public Publisher CreatePublisher(Waiting.WaitStrategy wait = Waiting.WaitStrategy.Adaptive)
    {
        Check(wait);
        return Lanes ? CreateLane(wait)
            : MapEndpoint((region, memory) => new Publisher(region, memory, wait, hub: null) { AllowsSynchronousContinuations = _allowsSynchronousContinuations });
    }

    /// <summary>
    /// Becomes a subscriber. In a queue it goes on where the last one stopped or died. In a broadcast it begins where it is told,
    /// or goes on at the place that was kept under its name.
    /// </summary>
    /// <param name="wait">How it waits for messages.</param>
    /// <param name="acknowledge">What a successor gets of a message that this one dies with.</param>
    /// <param name="joinAt">Broadcast: where it begins, unless a place was kept for it.</param>
    /// <param name="place">
    /// Broadcast: a name under which its place is kept when it leaves or dies, of 1 to 64 bytes of UTF-8. Publishers wait for a kept place as
    /// for a subscriber, until somebody goes on there or <see cref="RemovePlace"/> gives it up.
    /// </param>
    /// <returns>The subscriber.</returns>
    /// <exception cref="ArgumentException">
    /// The name cannot be one, or the topic is a queue, which has one place for all; or it is to acknowledge explicitly where messages are overwritten.
    /// </exception>
    /// <exception cref="EndpointInUseException">The topic has as many subscribers as it may, or the place has one; it says which.</exception>
    /// <inheritdoc cref="CreatePublisher" path="/exception"/>
    public Subscriber CreateSubscriber(
        Waiting.WaitStrategy wait = Waiting.WaitStrategy.Adaptive, Acknowledge acknowledge = Acknowledge.AfterHandling,
        JoinAt joinAt = JoinAt.End, string? place = null)
    {
        Check(wait);
        Check(acknowledge);
        if (acknowledge == Acknowledge.Explicitly && Overflow == Overflow.Overwrite)
        {
            throw new ArgumentException(
                $"{nameof(Acknowledge)}.{nameof(Acknowledge.Explicitly)}: where messages are overwritten, nobody waits for what is not acknowledged; use {nameof(Acknowledge)}.{nameof(Acknowledge.AfterHandling)}, or a topic with {nameof(Overflow)}.{nameof(Overflow.Wait)}.",
                nameof(acknowledge));
        }
        Check(joinAt);
        PlaceName? name = place is null ? null : CheckPlace(place);
        return MapEndpoint((region, memory) => new Subscriber(region, memory, wait, acknowledge, joinAt, name, _options)
        {
            AllowsSynchronousContinuations = _allowsSynchronousContinuations,
        });
    }

    /// <summary>Gives up a place of a broadcast that was kept under a name: publishers wait for it no longer. What was not read there is lost for it.</summary>
    /// <param name="place">The name.</param>
    /// <returns>False when no place has that name.</returns>
    /// <exception cref="EndpointInUseException">A living subscriber holds the place.</exception>
    /// <inheritdoc cref="CreateSubscriber" path="/exception"/>
    public bool RemovePlace(string place)
    {
        ArgumentNullException.ThrowIfNull(place);
        PlaceName name = CheckPlace(place);
        Region region = Region.Map(_source, _options with { PopulateLimit = 0, Lock = false, HugePages = false }, readOnly: false);
        try
        {
            RingMemory memory = region.Ring();
            if (SlotOwner.FindPlace(memory, name) < 0 || SlotOwner.AcquirePlace(region, memory, name) is not SlotOwner owner)
            {
                return false;
            }
            owner.Forget();
            owner.Release();
            new Waiting.Waker(memory, EndpointRole.Publisher, Waiting.Signals.Of(region)).Wake();
            return true;
        }
        finally
        {
            region.Close();
            region.Unmap();
        }
    }

    /// <summary>
    /// Looks at the topic from outside, through a mapping that cannot write: how far it is, and who is there. The figures are read
    /// one after the other while others go on.
    /// </summary>
    /// <returns>What was seen. Where somebody wrote over the topic, the figures may be any.</returns>
    /// <exception cref="RegionException">The file was damaged since it was opened.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public TopicSnapshot Inspect()
    {
        using TopicObserver observer = Observe();
        return observer.Inspect();
    }

    /// <summary>Looks on, again and again, through one mapping that cannot write.</summary>
    internal TopicObserver Observe() =>
        new(Region.Map(_source, _options with { PopulateLimit = 0, Lock = false, HugePages = false }, readOnly: true), _options, TopicOptions.Of(this));

    /// <summary>Watches who is on the topic, from outside. Those who are there by now are handed to the handler first.</summary>
    /// <param name="handler">
    /// Gets each change once and in order, on the thread pool, one at a time; an exception that it throws ends the process, as any on the pool.
    /// </param>
    /// <returns>The monitor: dispose it to end the watch.</returns>
    /// <exception cref="RegionException">The file was damaged since it was opened.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public PeerMonitor WatchPeers(EventHandler<PeerEventArgs> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Region region = Region.Map(_source, _options with { PopulateLimit = 0, Lock = false, HugePages = false }, readOnly: true);
        try
        {
            return new PeerMonitor(region, handler);
        }
        catch
        {
            region.Close();
            region.Unmap();
            throw;
        }
    }

    /// <summary>Whether the path still leads to this topic. One system call.</summary>
    /// <returns>The state of the name now.</returns>
    /// <exception cref="ErrnoException">This process may not look, or no longer.</exception>
    public RegionName CheckName() => _source.CheckName();

    /// <summary>Lets go of the file. Endpoints live on.</summary>
    public void Dispose() => _source.Dispose();

    /// <summary>Whether the header describes what <see cref="TopicOptions"/> can make.</summary>
    private static bool IsKnownKind(in RegionHeader header)
    {
        RegionGeometry geometry = header.Geometry;
        bool isMany = geometry.PublisherSlots > 1;
        bool isBroadcast = header.Delivery == RegionHeader.Broadcast;
        bool overwrites = header.Overflow == RegionHeader.Overwrite;
        return header.Producers switch
            {
                RegionHeader.Lanes => !isBroadcast,
                RegionHeader.ManyProducers => isMany,
                RegionHeader.OneProducer => !isMany,
                _ => false,
            }
            && (isBroadcast || (header.Delivery == RegionHeader.Queue && geometry.SubscriberSlots == 1))
            && (header.Overflow == RegionHeader.Wait || (overwrites && isBroadcast && !isMany))
            && (header.EvictionLag == 0 ||
                (isBroadcast && !overwrites && header.EvictionLag >= geometry.Capacity / 2 && header.EvictionLag <= geometry.Capacity));
    }

    /// <summary>This topic, if it was made as the options say.</summary>
    internal Topic Matching(TopicOptions options)
    {
        try
        {
            Match(nameof(TopicOptions.Capacity), Capacity, options.Capacity);
            Match(nameof(TopicOptions.Publishers), Publishers, options.Publishers);
            Match(nameof(TopicOptions.Lanes), Lanes, options.Lanes);
            Match(nameof(TopicOptions.Delivery), Delivery, options.Delivery);
            Match(nameof(TopicOptions.Subscribers), Subscribers, options.Subscribers);
            Match(nameof(TopicOptions.Overflow), Overflow, options.Overflow);
            Match(nameof(TopicOptions.EvictionLag), EvictionLag, options.EvictionLag);
            Match(nameof(TopicOptions.Eventfds), Eventfds, options.Eventfds);
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Match<T>(string option, T found, T expected) where T : struct
    {
        if (!found.Equals(expected))
        {
            throw new TopicMismatchException(_source.DisplayPath, option, found, expected);
        }
    }

    private PlaceName CheckPlace(string place) => Delivery == Delivery.Broadcast ? new PlaceName(place)
        : throw new ArgumentException($"'{_source.DisplayPath}' is a queue, which has one place for all subscribers; a named place needs Delivery.Broadcast.", nameof(place));

    private static void Check<T>(T choice, [CallerArgumentExpression(nameof(choice))] string? name = null) where T : struct, Enum
    {
        if (!Enum.IsDefined(choice))
        {
            throw new ArgumentOutOfRangeException(name, choice, "Expected one of the named values.");
        }
    }

    private unsafe Publisher CreateLane(Waiting.WaitStrategy wait)
    {
        Region region = Region.Map(_source, _options, readOnly: false);
        LaneHub? hub = null;
        try
        {
            hub = new LaneHub(region);
            return Ready(LaneFiles.Take(
                LaneRegions.OpenOrCreate(_source, hub.Index, _options),
                lane => new Publisher(lane, lane.Ring(), wait, hub) { AllowsSynchronousContinuations = _allowsSynchronousContinuations }));
        }
        catch
        {
            hub?.Release();
            region.Close();
            region.Unmap();
            throw;
        }
    }

    private unsafe T MapEndpoint<T>(Func<Region, RingMemory, T> create) where T : Endpoint
    {
        Region region = Region.Map(_source, _options, readOnly: false);
        try
        {
            return Ready(create(region, region.Ring()));
        }
        catch
        {
            region.Close();
            region.Unmap();
            throw;
        }
    }

    /// <summary>A new endpoint, which depends on the topic's peer. Where peers are not trusted, its sleeps are bounded as where nobody tells of deaths.</summary>
    private T Ready<T>(T endpoint) where T : Endpoint
    {
        endpoint.Follow(Link);
        if (!_options.TrustPeers)
        {
            endpoint.IsUnwatched();
        }
        return endpoint;
    }
}
