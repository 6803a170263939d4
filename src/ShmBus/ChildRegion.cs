using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Waiting;

namespace ShmBus;

/// <summary>
/// A child process, and topics that only it and this process have. The child gets them through a socket that it is born with, so it needs
/// neither a directory nor a network in common with its parent, nor the same user: <see cref="Open"/> is all it calls.
/// </summary>
/// <remarks>
/// <para>The child inherits one end of a pair of sockets, and its number with a token by an environment variable. Through it the child
/// gets a second socket, and both sides close the first. So a process that something else starts in this very moment, and that inherits the
/// first socket by accident, is left with one that leads nowhere.</para>
/// <para>When the child is gone, waits on its topics end here with <see cref="PeerLostException"/>, and the other way round.</para>
/// </remarks>
public sealed class ChildRegion : IDisposable
{
    /// <summary>The environment variable by which a child finds its socket.</summary>
    internal const string Variable = "SHMBUS_CHILD_REGION";

    private static readonly Lock Starting = new();

    private readonly CancellationTokenSource _end = new();
    private readonly Dictionary<string, Topic> _topics = [];
    private readonly HandoverSocket _inherited;
    private readonly HandoverSocket _socket;
    private readonly HandoverSocket _childsSocket;
    private readonly PeerLink _link;
    private readonly HandoverSession _session;
    private readonly string _token = RandomNumberGenerator.GetHexString(32, lowercase: true);

    private ChildRegion(ProcessStartInfo start, IEnumerable<KeyValuePair<string, TopicOptions>> topics, Action<ChildRegion>? prepare)
    {
        (Socket inherited, Socket childs) = Libc.SocketPair();
        (Socket mine, Socket theirs) = Libc.SocketPair();
        _inherited = new HandoverSocket(inherited);
        _socket = new HandoverSocket(mine);
        _childsSocket = new HandoverSocket(theirs);
        _link = new PeerLink($"the child '{start.FileName}'", Close);
        try
        {
            using (childs)
            {
                foreach ((string name, TopicOptions options) in topics)
                {
                    HandoverMessage.CheckText(name, nameof(topics));
                    _topics.Add(name, Topic.CreateAnonymous(options, _link));
                }
                prepare?.Invoke(this);
                Process = StartWith(start, childs);
            }
        }
        catch
        {
            // Endpoints that were prepared may be waited at.
            _link.Lose("it was not started");
            Dispose();
            throw;
        }
        int id = Process.Id;
        Dictionary<string, RegionOffer> offers = _topics.ToDictionary(
            static pair => pair.Key, static pair => new RegionOffer(RegionGrants.Publish | RegionGrants.Subscribe | RegionGrants.Observe, "", pair.Value, null, null));
        _session = new HandoverSession(_socket, _link, new PeerCredentials(0, 0, [], id), offers, new RegionServerOptions { MaxGrants = int.MaxValue }, static _ => { });
        // Without the context of whoever starts it.
        ThreadPool.UnsafeQueueUserWorkItem(static region => _ = region.ServeAsync(), this, preferLocal: false);
        ThreadPool.UnsafeQueueUserWorkItem(static child => _ = child.region.WatchExitAsync(child.id), (region: this, id), preferLocal: false);
    }

    /// <summary>The child. It is not ended by <see cref="Dispose"/>, and the caller's to dispose. Null only while the topics are prepared for it.</summary>
    public Process Process { get; } = null!;

    /// <summary>Starts a child with one topic.</summary>
    /// <param name="start">
    /// What to start, without a shell (<see cref="ProcessStartInfo.UseShellExecute"/> off). It may be a program that confines itself and turns
    /// into another, or waits for it (<c>setpriv</c>, <c>unshare</c>), if that keeps descriptors and environment. A variable is added to the
    /// environment, for the child only.
    /// </param>
    /// <param name="options">How the topic is made.</param>
    /// <param name="prepare">
    /// Called with the topics before the child is started. Where the child is not trusted, create this side's endpoints here: later it may
    /// have taken their slots.
    /// </param>
    /// <returns>The child, and this process's side of the topic.</returns>
    /// <exception cref="ArgumentException">The options cannot be.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The child could not be started.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public static ChildRegion Start(ProcessStartInfo start, TopicOptions? options = null, Action<ChildRegion>? prepare = null) =>
        Start(start, new Dictionary<string, TopicOptions> { [""] = options ?? TopicOptions.Default }, prepare);

    /// <summary>Starts a child with several topics, for example one there and one back.</summary>
    /// <param name="start">As in <see cref="Start(ProcessStartInfo, TopicOptions?, Action{ChildRegion}?)"/>.</param>
    /// <param name="topics">How they are made, by their names.</param>
    /// <param name="prepare">Called with the topics before the child is started, as there.</param>
    /// <inheritdoc cref="Start(ProcessStartInfo, TopicOptions?, Action{ChildRegion}?)"/>
    public static ChildRegion Start(ProcessStartInfo start, IReadOnlyDictionary<string, TopicOptions> topics, Action<ChildRegion>? prepare = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(topics);
        Syscall.RequirePlatform();
        if (start.UseShellExecute)
        {
            throw new ArgumentException($"{nameof(ProcessStartInfo.UseShellExecute)} is set: a child that is to inherit must be started by this process itself.", nameof(start));
        }
        return new ChildRegion(start, topics, prepare);
    }

    /// <summary>In the child: gets what the parent started it with. Once; the client is then used as any.</summary>
    /// <param name="options">What is expected. <see cref="RegionClientOptions.ServerUsers"/> does not matter: the parent is whoever it is.</param>
    /// <returns>The client.</returns>
    /// <exception cref="InvalidOperationException">This process was not started by <see cref="Start(ProcessStartInfo, TopicOptions?, Action{ChildRegion}?)"/>, or has called this before.</exception>
    /// <exception cref="PeerLostException">The parent is gone.</exception>
    /// <exception cref="TimeoutException">The parent does not answer.</exception>
    /// <exception cref="HandoverException">What came is not what a parent sends.</exception>
    public static RegionClient Open(RegionClientOptions? options = null)
    {
        Syscall.RequirePlatform();
        options ??= new RegionClientOptions();
        options.Check();
        string? value = TakeVariable();
        string[] parts = value?.Split(':') ?? [];
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            throw new InvalidOperationException(value is null
                ? $"There is no {Variable} in the environment: this process was not started by ChildRegion.Start, has opened its region before, or something between the two has cleared the environment."
                : $"{Variable} is '{HandoverMessage.Show(value)}'; expected the number of a descriptor and a token.");
        }
        const string parent = "its parent";
        using HandoverSocket inherited = Inherit(number);
        HandoverSocket? socket = null;
        try
        {
            inherited.Send(new HandoverMessage(HandoverKind.Hello, 0, parts[1], ""));
            if (!inherited.Wait(options.Timeout))
            {
                throw new TimeoutException($"The parent did not answer within {options.Timeout}.");
            }
            using ReceivedMessage? welcome = inherited.TryReceive(mostDescriptors: 1);
            if (welcome is not { Message.Kind: HandoverKind.Welcome, Descriptors.Count: 1 })
            {
                throw new HandoverException("the parent's answer is no welcome");
            }
            socket = Adopt(welcome.Descriptors[0]);
            return new RegionClient(socket, parent, socket.Peer, options);
        }
        catch (Exception exception) when (exception is EndOfStreamException or ErrnoException { Error: ErrorNumber.EPIPE or ErrorNumber.ECONNRESET })
        {
            throw new PeerLostException(parent, "its connection has ended");
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            throw new HandoverException($"what the parent sent is no socket of the right kind: {exception.Message}");
        }
    }

    /// <summary>Once, and not for what this process starts in turn.</summary>
    private static string? TakeVariable()
    {
        lock (Starting)
        {
            string? value = Environment.GetEnvironmentVariable(Variable);
            Environment.SetEnvironmentVariable(Variable, null);
            return value;
        }
    }

    /// <summary>This process's side of a topic: create endpoints of it.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The topic, which is disposed with this.</returns>
    /// <exception cref="ArgumentException">There is no such topic.</exception>
    public Topic GetTopic(string name = "") =>
        _topics.TryGetValue(name, out Topic? topic) ? topic : throw new ArgumentException($"The child was started with no topic '{name}'; there are: '{string.Join("', '", _topics.Keys)}'.", nameof(name));

    /// <summary>Becomes a publisher of a topic.</summary>
    /// <param name="topic">Its name.</param>
    /// <param name="wait">How it waits for room.</param>
    /// <returns>The publisher.</returns>
    public Publisher CreatePublisher(string topic = "", WaitStrategy wait = WaitStrategy.Adaptive) => GetTopic(topic).CreatePublisher(wait);

    /// <summary>Becomes a subscriber of a topic.</summary>
    /// <param name="topic">Its name.</param>
    /// <param name="wait">How it waits for messages.</param>
    /// <param name="acknowledge">What a successor gets of a message that this one dies with.</param>
    /// <returns>The subscriber.</returns>
    public Subscriber CreateSubscriber(string topic = "", WaitStrategy wait = WaitStrategy.Adaptive, Acknowledge acknowledge = Acknowledge.AfterHandling) =>
        GetTopic(topic).CreateSubscriber(wait, acknowledge);

    /// <summary>
    /// Lets go of the child, which is not ended. When the endpoints of this side are disposed, too, the child learns that this side is gone.
    /// </summary>
    public void Dispose()
    {
        foreach (Topic topic in _topics.Values)
        {
            topic.Dispose();
        }
        _link.Release();
    }

    private static HandoverSocket Inherit(int number)
    {
        // Not this one's before it is known to be what the parent meant: the number may be another file's by now.
        SafeSocketHandle handle = new(number, ownsHandle: true);
        try
        {
            Socket socket = new(handle);
            if (socket is { AddressFamily: AddressFamily.Unix, SocketType: SocketType.Seqpacket, Connected: true })
            {
                Libc.SetInheritable(handle, isInheritable: false);
                return new HandoverSocket(socket);
            }
            handle.SetHandleAsInvalid();
            throw Unusable(number, null);
        }
        catch (Exception exception) when (exception is SocketException or ErrnoException)
        {
            handle.SetHandleAsInvalid();
            throw Unusable(number, exception);
        }
    }

    private static InvalidOperationException Unusable(int number, Exception? exception) => new(
        $"{Variable} names the descriptor {number}, which is no socket of a parent: something between ChildRegion.Start and this process has closed it, as sudo does.", exception);

    /// <summary>The socket that a descriptor is, which owns it from now on.</summary>
    private static HandoverSocket Adopt(SafeFileHandle descriptor)
    {
        SafeSocketHandle handle = new(descriptor.DangerousGetHandle(), ownsHandle: true);
        descriptor.SetHandleAsInvalid();
        try
        {
            return new HandoverSocket(new Socket(handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private void Close()
    {
        _end.Cancel();
        _inherited.Dispose();
        _childsSocket.Dispose();
        _socket.Dispose();
    }

    private Process StartWith(ProcessStartInfo start, Socket childs)
    {
        // Others that this process starts meanwhile inherit it, too: as few as can be.
        lock (Starting)
        {
            bool wasSet = start.Environment.TryGetValue(Variable, out string? before);
            start.Environment[Variable] = string.Create(CultureInfo.InvariantCulture, $"{childs.Handle}:{_token}");
            Libc.SetInheritable(childs.SafeHandle, isInheritable: true);
            try
            {
                return Process.Start(start)!;
            }
            finally
            {
                Libc.SetInheritable(childs.SafeHandle, isInheritable: false);
                start.Environment.Remove(Variable);
                if (wasSet)
                {
                    start.Environment[Variable] = before;
                }
            }
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            await WelcomeAsync(_end.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _link.Lose(_end.IsCancellationRequested ? "this side has let go of it" : exception is HandoverException ? exception.Message : "it ended before it opened its region");
            return;
        }
        finally
        {
            _inherited.Dispose();
            _childsSocket.Dispose();
        }
        await _session.RunAsync(Timeout.InfiniteTimeSpan, _end.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the connection of a child that is gone before it was granted anything: the first socket may be open elsewhere, by accident, and
    /// the second lie in it. Once something was granted, the second is the child's alone, and its end tells.
    /// </summary>
    private async Task WatchExitAsync(int id)
    {
        try
        {
            // Another object than the user's, who may dispose that, or redirect the output to a pipe that is open for longer than the child lives.
            using Process child = Process.GetProcessById(id);
            await child.WaitForExitAsync(_end.Token).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // It is gone.
        }
        catch (OperationCanceledException)
        {
            return;
        }
        if (!_session.HasGranted)
        {
            _inherited.Shutdown();
            _socket.Shutdown();
        }
    }

    /// <summary>Waits for the child, and gives it the socket that is its own.</summary>
    private async Task WelcomeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _inherited.WaitAsync(cancellationToken).ConfigureAwait(false);
            using ReceivedMessage? hello = _inherited.TryReceive(mostDescriptors: 0);
            if (hello is null)
            {
                continue;
            }
            if (hello.Message.Kind != HandoverKind.Hello || hello.Message.First != _token)
            {
                throw new HandoverException("what the child said is no hello with its token");
            }
            _inherited.Send(new HandoverMessage(HandoverKind.Welcome, 0, "", ""), _childsSocket.Handle);
            return;
        }
    }
}
