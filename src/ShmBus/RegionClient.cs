using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Regions;
using ShmBus.Serialization;
using ShmBus.Waiting;

namespace ShmBus;

/// <summary>
/// The other end of a <see cref="RegionServer"/>, or of a <see cref="ChildRegion"/>: gets regions, and becomes an endpoint there.
/// </summary>
/// <remarks>
/// What comes is checked before it is used, whoever the server is: a memfd that nobody can truncate, of the server's user, open as it
/// was asked for, with a header that is right. The connection is kept until the client and all of its endpoints are disposed: by its end
/// each side learns that the other is gone. All members may be used by any thread; endpoints belong to one at a time.
/// </remarks>
public sealed class RegionClient : IDisposable
{
    private const string ConnectionEnded = "its connection has ended";

    private readonly HandoverSocket _socket;
    private readonly RegionClientOptions _options;
    private readonly string _address;
    private readonly PeerLink _link;
    private readonly Lock _lock = new();
    private string? _refusal;

    internal RegionClient(HandoverSocket socket, string address, PeerCredentials server, RegionClientOptions options)
    {
        _socket = socket;
        _address = address;
        _options = options;
        Server = server;
        _link = new PeerLink(server.ToString(), socket.Dispose);
        // Without the context of whoever connects.
        ThreadPool.UnsafeQueueUserWorkItem(static client => _ = client.WatchAsync(), this, preferLocal: false);
    }

    /// <summary>Who the server is, by the kernel's word: as it was when it began to listen, or started this process.</summary>
    public PeerCredentials Server { get; }

    /// <summary>Whether the server is gone, or has ended the connection.</summary>
    public bool IsServerLost => _link.LostBecause is not null;

    /// <summary>Connects to a server.</summary>
    /// <param name="address">As the server was given it.</param>
    /// <param name="options">What is expected of it.</param>
    /// <returns>The client.</returns>
    /// <exception cref="ErrnoException">Nobody listens there, or not for this process; it says what and why.</exception>
    /// <exception cref="TimeoutException">The server takes no connection.</exception>
    /// <exception cref="RegionOwnerException">The server is another user's than is accepted.</exception>
    /// <exception cref="ArgumentException">An option is out of bounds, or the address is no address.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static RegionClient Connect(string address, RegionClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        Syscall.RequirePlatform();
        options ??= new RegionClientOptions();
        options.Check();
        HandoverSocket socket = new(HandoverListener.Connect(address, options.Timeout));
        try
        {
            PeerCredentials server = socket.Peer;
            if (!options.Accepts(server))
            {
                string expected = options.ServerUsers.Count == 0 ? $"{Libc.geteuid()} or root" : string.Join(" or ", options.ServerUsers);
                throw new RegionOwnerException(address, $"its server is {server}; expected user {expected}",
                    $"If you know that user, add it to {nameof(RegionClientOptions)}.{nameof(RegionClientOptions.ServerUsers)}.");
            }
            return new RegionClient(socket, address, server, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Becomes a publisher of a topic that the server offers.</summary>
    /// <param name="topic">The name that it is offered under.</param>
    /// <param name="wait">How it waits for room.</param>
    /// <returns>The publisher.</returns>
    /// <exception cref="RegionRefusedException">The server does not grant it; it says why.</exception>
    /// <exception cref="PeerLostException">The server is gone.</exception>
    /// <exception cref="TimeoutException">The server does not answer. The connection is given up, and with it every endpoint that came over it.</exception>
    /// <exception cref="HandoverException">What came is not what a server sends; the connection was ended.</exception>
    /// <exception cref="RegionException">The region that came is not to be trusted; it was not mapped.</exception>
    /// <exception cref="TopicMismatchException">It was made in another way than <see cref="RegionClientOptions.RequireSameTopic"/> demands.</exception>
    /// <exception cref="Endpoints.EndpointInUseException">The topic has as many as it may.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public Publisher CreatePublisher(string topic = "", WaitStrategy wait = WaitStrategy.Adaptive) =>
        Create(topic, RegionGrants.Publish, passed => passed.CreatePublisher(wait));

    /// <summary>Becomes a subscriber of a topic that the server offers.</summary>
    /// <param name="topic">The name that it is offered under.</param>
    /// <param name="wait">How it waits for messages.</param>
    /// <param name="acknowledge">What a successor gets of a message that this one dies with.</param>
    /// <param name="joinAt">Broadcast: where it begins, unless a place was kept for it.</param>
    /// <param name="place">Broadcast: a name under which its place is kept, as in <see cref="Topic.CreateSubscriber"/>.</param>
    /// <returns>The subscriber.</returns>
    /// <inheritdoc cref="CreatePublisher" path="/exception"/>
    public Subscriber CreateSubscriber(
        string topic = "", WaitStrategy wait = WaitStrategy.Adaptive, Acknowledge acknowledge = Acknowledge.AfterHandling,
        JoinAt joinAt = JoinAt.End, string? place = null) =>
        Create(topic, RegionGrants.Subscribe, passed => passed.CreateSubscriber(wait, acknowledge, joinAt, place));

    /// <summary>Becomes a publisher of messages of one type.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="serializer">How they become bytes.</param>
    /// <param name="topic">The name that it is offered under.</param>
    /// <param name="wait">How it waits for room.</param>
    /// <returns>The publisher.</returns>
    /// <exception cref="ContractMismatchException">The topic carries messages of another type, or of a shape of it that does not go with this one; it says both.</exception>
    /// <inheritdoc cref="CreatePublisher(string, WaitStrategy)" path="/exception"/>
    public Publisher<T> CreatePublisher<T>(IMessageSerializer<T> serializer, string topic = "", WaitStrategy wait = WaitStrategy.Adaptive) =>
        Create(topic, RegionGrants.Publish, passed => passed.CreatePublisher(serializer, wait));

    /// <summary>Becomes a subscriber to messages of one type.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="serializer">How they become bytes.</param>
    /// <param name="topic">The name that it is offered under.</param>
    /// <param name="wait">How it waits for messages.</param>
    /// <param name="acknowledge">What a successor gets of a message that this one dies with.</param>
    /// <param name="joinAt">Broadcast: where it begins, unless a place was kept for it.</param>
    /// <param name="place">Broadcast: a name under which its place is kept, as in <see cref="Topic.CreateSubscriber(WaitStrategy, Acknowledge, JoinAt, string?)"/>.</param>
    /// <returns>The subscriber.</returns>
    /// <inheritdoc cref="CreatePublisher{T}" path="/exception"/>
    public Subscriber<T> CreateSubscriber<T>(
        IMessageSerializer<T> serializer, string topic = "", WaitStrategy wait = WaitStrategy.Adaptive, Acknowledge acknowledge = Acknowledge.AfterHandling,
        JoinAt joinAt = JoinAt.End, string? place = null) =>
        Create(topic, RegionGrants.Subscribe, passed => passed.CreateSubscriber(serializer, wait, acknowledge, joinAt, place));

    /// <summary>Becomes an observer of a topic that the server offers: one that can look, and cannot write.</summary>
    /// <param name="topic">The name that it is offered under.</param>
    /// <returns>The observer.</returns>
    /// <inheritdoc cref="CreatePublisher" path="/exception"/>
    public TopicObserver CreateObserver(string topic = "") =>
        Create(topic, RegionGrants.Observe, static passed => passed.Observe());

    /// <summary>Lets go of the connection, which ends with the last endpoint that came over it.</summary>
    public void Dispose() => _link.Release();

    /// <summary>Asks for a topic, and makes of it what owns it from then on.</summary>
    internal T Create<T>(string topic, RegionGrants grant, Func<Topic, T> create)
    {
        ArgumentNullException.ThrowIfNull(topic);
        HandoverMessage.CheckText(topic, nameof(topic));
        Topic passed = Topic.OfPassed(Ask(topic, grant), _options.Topic, _link);
        try
        {
            if (passed.Eventfds && !_options.Topic.TrustPeers)
            {
                // By them a peer could make this process block.
                throw new TopicMismatchException(passed.Source.DisplayPath, nameof(TopicOptions.Eventfds), found: true, expected: false);
            }
            // An observer gets no eventfds, whatever the topic has.
            TopicOptions expected = _options.Topic with { Eventfds = _options.Topic.Eventfds && grant != RegionGrants.Observe };
            return create(_options.RequireSameTopic ? passed.Matching(expected) : passed);
        }
        catch
        {
            passed.Dispose();
            throw;
        }
    }

    /// <summary>Asks for one description of a region. One after the other: each answer is to the last request.</summary>
    private RegionFile Ask(string topic, RegionGrants grant)
    {
        lock (_lock)
        {
            ThrowIfLost();
            try
            {
                using ReceivedMessage answer = Exchange(new HandoverMessage(HandoverKind.Request, (uint)grant, topic, _options.Contract));
                return Accept(answer, topic, grant);
            }
            catch (EndOfStreamException)
            {
                Lose(ConnectionEnded);
                ThrowIfLost();
                throw;
            }
            catch (Exception exception) when (exception is HandoverException or TimeoutException or ErrnoException { Operation: "recvmsg" })
            {
                // What comes from now on would be the answer to another request, or none at all.
                Lose(exception is TimeoutException ? $"it did not answer within {_options.Timeout}" : "its answer could not be received");
                throw;
            }
        }
    }

    private ReceivedMessage Exchange(in HandoverMessage request)
    {
        try
        {
            _socket.Send(request);
        }
        catch (ErrnoException exception) when (exception.Error is ErrorNumber.EPIPE or ErrorNumber.ECONNRESET)
        {
            // Why, the server may have said.
        }
        long deadline = Environment.TickCount64 + (long)_options.Timeout.TotalMilliseconds;
        while (true)
        {
            if (_socket.TryReceive(HandoverSocket.MostDescriptors) is ReceivedMessage answer)
            {
                return answer;
            }
            long left = deadline - Environment.TickCount64;
            if (left <= 0 || !_socket.Wait(TimeSpan.FromMilliseconds(left)))
            {
                throw new TimeoutException(
                    $"The server at '{_address}' ({Server}) did not answer within {_options.Timeout}, and the connection is given up. Has it called Start, and does its onPeer or Authorize return?");
            }
        }
    }

    private RegionFile Accept(ReceivedMessage answer, string topic, RegionGrants grant)
    {
        HandoverMessage message = answer.Message;
        switch (message.Kind)
        {
            case HandoverKind.Grant when answer.Descriptors.Count == message.Value + 1L:
                SafeFileHandle[] descriptors = [.. answer.Descriptors];
                // The region's from now on.
                answer.Descriptors.Clear();
                return RegionFile.FromPassed(descriptors[0], descriptors[1..], $"(region '{topic}' from {_address})", Server.UserId, readOnly: grant == RegionGrants.Observe);
            case HandoverKind.Refusal when answer.Descriptors.Count == 0:
                throw new RegionRefusedException(_address, message.First);
            default:
                throw new HandoverException(
                    $"the answer is of kind {(ushort)message.Kind}, with {answer.Descriptors.Count} descriptors and the value {message.Value}; expected a grant with its descriptors, or a refusal with none");
        }
    }

    /// <summary>Waits for the end of the connection. Whatever else comes unasked is a refusal of the connection, or does not belong there.</summary>
    private async Task WatchAsync()
    {
        try
        {
            while (!IsServerLost)
            {
                try
                {
                    await _socket.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // Of the end, too; what was said before it can still be received.
                }
                ReceiveUnasked();
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            Lose(exception switch
            {
                ObjectDisposedException => "this side has ended the connection",
                EndOfStreamException => ConnectionEnded,
                _ => exception.Message,
            });
        }
    }

    private void ReceiveUnasked()
    {
        // Whoever asked has taken its answer by now: it holds the lock until it has it.
        lock (_lock)
        {
            using ReceivedMessage? unasked = IsServerLost ? null : _socket.TryReceive(mostDescriptors: 0);
            if (unasked?.Message is { Kind: HandoverKind.Refusal } refusal)
            {
                _refusal = refusal.First;
                Lose($"it refused: {HandoverMessage.Show(refusal.First)}");
            }
            else if (unasked is not null)
            {
                throw new HandoverException($"a message of kind {(ushort)unasked.Message.Kind} came unasked");
            }
        }
    }

    private void Lose(string reason)
    {
        _link.Lose(reason);
        _socket.Shutdown();
    }

    private void ThrowIfLost()
    {
        if (_link.LostBecause is string reason)
        {
            throw _refusal is null ? new PeerLostException(_link.Peer, reason) : new RegionRefusedException(_address, _refusal);
        }
    }
}
