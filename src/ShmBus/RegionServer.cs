using System.Collections.Concurrent;
using System.Net.Sockets;
using ShmBus.Native;
using ShmBus.Passing;

namespace ShmBus;

/// <summary>
/// Hands regions without a name to other processes, over a Unix socket, to whom its owner chose. What it hands over is a sealed memfd:
/// there is no file, and nothing is left when all who have it are gone.
/// </summary>
/// <remarks>
/// Each peer gets the memory through a description of its own: readable and writable for a publisher or a subscriber, readable for an
/// observer. Who is asked is the kernel (<c>SO_PEERCRED</c>), not the peer. For peers that are not trusted see SECURITY.md, and give each a
/// topic of its own (<see cref="OfferToEach"/>). All members may be used by any thread.
/// </remarks>
public sealed class RegionServer : IDisposable
{
    /// <summary>So many descriptors are not for connections: without any the runtime itself may fail, which ends the process.</summary>
    private const int SpareDescriptors = 48;

    private readonly RegionServerOptions _options;
    private readonly HandoverListener _listener;
    private readonly ConcurrentDictionary<string, RegionOffer> _offers = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, int> _connections = [];
    private bool _isStarted;

    /// <summary>Listens on an address. Offer topics, then <see cref="Start"/>.</summary>
    /// <param name="address">
    /// A path, where a socket is made that is gone with this server (one that a killed server left is replaced); or a name that begins with
    /// <c>@</c> in the abstract namespace, which is that of the network: nothing is left of it whatever happens.
    /// </param>
    /// <param name="options">Whom to serve: the processes of this user, unless told.</param>
    /// <exception cref="ErrnoException">The system refused: for example, another process listens there. It says what and why.</exception>
    /// <exception cref="ArgumentException">An option is out of bounds, or the address is no address; it says which.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public RegionServer(string address, RegionServerOptions? options = null)
    {
        Syscall.RequirePlatform();
        _options = options ?? new RegionServerOptions();
        _options.Check();
        _listener = new HandoverListener(address, isForAnybody: _options.AllowedUsers.Count + _options.AllowedGroups.Count > 0);
    }

    /// <summary>Raised for whatever happens, on the thread pool, for several peers at once. For logs: an exception that a handler throws is lost.</summary>
    public event EventHandler<RegionServerEventArgs>? Occurred;

    /// <summary>The address that it listens on.</summary>
    public string Address => _listener.Address;

    /// <summary>Offers one topic to all peers: they meet there, and must trust each other.</summary>
    /// <param name="topic">An anonymous topic; it stays the caller's, and must not be disposed while it is offered.</param>
    /// <param name="name">The name that peers ask for.</param>
    /// <param name="grants">What they may ask for. Who may publish or subscribe can write anywhere in the region.</param>
    /// <param name="contract">What is said about its messages, for example their type and version, of up to 1,024 bytes: a peer that says something else is refused.</param>
    /// <exception cref="ArgumentException">The topic cannot be handed over, or the name is taken.</exception>
    public void Offer(Topic topic, string name = "", RegionGrants grants = RegionGrants.Publish | RegionGrants.Subscribe, string contract = "")
    {
        ArgumentNullException.ThrowIfNull(topic);
        if (RegionOffer.WhyNot(topic) is string problem)
        {
            throw new ArgumentException(problem + ".", nameof(topic));
        }
        Add(name, new RegionOffer(grants, contract, topic, null, null));
    }

    /// <summary>
    /// Offers each connection a topic of its own, made when it first asks. When the peer is gone, waits on that topic end here with
    /// <see cref="PeerLostException"/>.
    /// </summary>
    /// <param name="options">How the topics are made.</param>
    /// <param name="onPeer">
    /// Gets the topic before the peer does, on the thread pool: create this side's endpoints here, so that the peer finds the right slots taken,
    /// and return, for the peer has no answer until then. The topic is disposed with the connection; endpoints live on.
    /// </param>
    /// <param name="name">The name that peers ask for.</param>
    /// <param name="grants">What they may ask for.</param>
    /// <param name="contract">As in <see cref="Offer"/>.</param>
    /// <exception cref="ArgumentException">The options cannot be, or the name is taken.</exception>
    public void OfferToEach(
        TopicOptions options, Action<PeerCredentials, Topic> onPeer, string name = "",
        RegionGrants grants = RegionGrants.Publish | RegionGrants.Subscribe, string contract = "")
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onPeer);
        options.CheckAnonymous();
        Add(name, new RegionOffer(grants, contract, null, options, onPeer));
    }

    /// <summary>Begins to serve. Returns at once.</summary>
    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_end.IsCancellationRequested, this);
            if (_isStarted)
            {
                return;
            }
            _isStarted = true;
        }
        // Without the context of whoever starts it.
        ThreadPool.UnsafeQueueUserWorkItem(static server => _ = server.AcceptAsync(), this, preferLocal: false);
    }

    /// <summary>Ends to listen and all connections. Peers learn that this side is gone; regions live on for those who have them.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private void Add(string name, RegionOffer offer)
    {
        ArgumentNullException.ThrowIfNull(name);
        HandoverMessage.CheckText(name, nameof(name));
        HandoverMessage.CheckText(offer.Contract, "contract");
        if ((offer.Grants & (RegionGrants.Publish | RegionGrants.Subscribe | RegionGrants.Observe)) != offer.Grants || offer.Grants == RegionGrants.None)
        {
            throw new ArgumentException($"grants is {offer.Grants}; expected one or more of the named values.");
        }
        if (!_offers.TryAdd(name, offer))
        {
            throw new ArgumentException($"A topic '{name}' is offered already.", nameof(name));
        }
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptAsync(_end.Token).ConfigureAwait(false);
                Begin(socket);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception)
            {
                Report(new RegionServerEventArgs(RegionServerEventKind.Failed, null, $"accept failed: {exception.Message}", exception));
                // Too many open files, as a rule: others must close theirs first.
                await PauseAsync().ConfigureAwait(false);
            }
        }
    }

    private void Begin(Socket accepted)
    {
        HandoverSocket socket = new(accepted);
        PeerCredentials? peer = null;
        try
        {
            peer = socket.Peer;
            string? refusal = _options.WhyNot(peer);
            bool isFull = refusal is null && Libc.IsAmongLast(accepted.Handle, SpareDescriptors);
            refusal ??= isFull ? "the server has too many connections" : TakePlace(peer);
            if (refusal is not null)
            {
                Report(isFull
                    ? new RegionServerEventArgs(RegionServerEventKind.Failed, peer,
                        $"this process has nearly as many descriptors open as it may: raise the limit (ulimit -n), or lower {nameof(RegionServerOptions.MaxConnections)}")
                    : new RegionServerEventArgs(RegionServerEventKind.Refused, peer, refusal));
                socket.Send(new HandoverMessage(HandoverKind.Refusal, 0, refusal, ""));
                socket.Dispose();
                return;
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // It is gone by now.
            socket.Dispose();
            return;
        }
        _ = ServeAsync(socket, peer);
    }

    private async Task ServeAsync(HandoverSocket socket, PeerCredentials peer)
    {
        // Whoever takes its time over a request, or decides on it, does not hold up those who want to connect.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        PeerLink link = new(peer.ToString(), socket.Dispose);
        try
        {
            HandoverSession session = new(socket, link, peer, _offers, _options, Report);
            await session.RunAsync(_options.RequestTimeout, _end.Token).ConfigureAwait(false);
            // What the peer did not receive counts against this user as long as it keeps its end: so it keeps its place, too.
            while (!_end.IsCancellationRequested && socket.UnreadBytes > 0)
            {
                await PauseAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            socket.Dispose();
            link.Release();
            LeavePlace(peer);
        }
    }

    private async Task PauseAsync()
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        try
        {
            await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>Why there is no place for one more, or null.</summary>
    private string? TakePlace(PeerCredentials peer)
    {
        lock (_lock)
        {
            int own = _connections.GetValueOrDefault(peer.UserId);
            if (own >= _options.MaxConnectionsPerUser)
            {
                return $"user {peer.UserId} has {own} connections, the most that it may";
            }
            int all = _connections.Values.Sum();
            if (all >= _options.MaxConnections)
            {
                return $"there are {all} connections, the most that there may be";
            }
            _connections[peer.UserId] = own + 1;
            return null;
        }
    }

    private void LeavePlace(PeerCredentials peer)
    {
        lock (_lock)
        {
            int left = _connections[peer.UserId] - 1;
            if (left == 0)
            {
                _connections.Remove(peer.UserId);
            }
            else
            {
                _connections[peer.UserId] = left;
            }
        }
    }

    private void Report(RegionServerEventArgs happened)
    {
        try
        {
            Occurred?.Invoke(this, happened);
        }
        catch (Exception)
        {
            // A log that fails is no reason to serve nobody any more.
        }
    }
}
