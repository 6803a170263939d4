using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>
/// One connection as the side has it that hands regions over: answers requests until the other side is gone. Everything that comes
/// is taken for hostile: it costs no more than a buffer, and a peer that does not keep to the rules loses its connection.
/// </summary>
internal sealed class HandoverSession(
    HandoverSocket socket, PeerLink link, PeerCredentials peer, IReadOnlyDictionary<string, RegionOffer> offers, RegionServerOptions options,
    Action<RegionServerEventArgs> report)
{
    /// <summary>Who asks on and on would keep this side busy, and fill its log.</summary>
    private const int MostRefusals = 64;

    private readonly Dictionary<string, Topic> _own = [];
    private int _grants;
    private int _refusals;

    /// <summary>Whether the peer was granted anything yet.</summary>
    internal bool HasGranted => _grants > 0;

    /// <summary>Serves until the connection ends.</summary>
    /// <param name="patience">How long to wait for the first request.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task RunAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        string reason = "its connection has ended";
        try
        {
            using (CancellationTokenSource first = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                first.CancelAfter(patience);
                while (_grants == 0)
                {
                    await AnswerAsync(first.Token).ConfigureAwait(false);
                }
            }
            while (true)
            {
                await AnswerAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is EndOfStreamException or ErrnoException { Error: ErrorNumber.EPIPE or ErrorNumber.ECONNRESET })
        {
            if (_grants > 0)
            {
                report(new RegionServerEventArgs(RegionServerEventKind.Left, peer, reason));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            reason = $"it was granted nothing within {patience}";
            report(new RegionServerEventArgs(RegionServerEventKind.TimedOut, peer, reason));
        }
        catch (OperationCanceledException)
        {
            reason = "this side has ended the connection";
        }
        catch (HandoverException exception)
        {
            reason = exception.Message;
            report(new RegionServerEventArgs(RegionServerEventKind.Malformed, peer, reason));
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            reason = exception.Message;
            report(new RegionServerEventArgs(RegionServerEventKind.Failed, peer, reason, exception));
        }
        finally
        {
            socket.Shutdown();
            link.Lose(reason);
            foreach (Topic topic in _own.Values)
            {
                topic.Dispose();
            }
        }
    }

    /// <summary>Waits for a request and answers it.</summary>
    private async ValueTask AnswerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await socket.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (System.Net.Sockets.SocketException exception) when (exception.SocketErrorCode == System.Net.Sockets.SocketError.ConnectionReset)
        {
            // It went without reading its answer. What it had sent before can still be received, then the end.
        }
        // Who sends descriptors has them closed.
        using ReceivedMessage? received = socket.TryReceive(mostDescriptors: 0);
        if (received is null)
        {
            return;
        }
        if (received.Message.Kind != HandoverKind.Request)
        {
            throw new HandoverException($"a message is of kind {(ushort)received.Message.Kind}; expected a request, {(ushort)HandoverKind.Request}");
        }
        if (socket.UnreadBytes > 0)
        {
            throw new HandoverException("it asks anew before it has received the last answer");
        }
        report(Answer(received.Message));
        if (_refusals > MostRefusals)
        {
            throw new HandoverException($"it was refused {_refusals} times");
        }
    }

    private RegionServerEventArgs Answer(in HandoverMessage message)
    {
        RegionRequest request = new(peer, message.First, (RegionGrants)message.Value, message.Second);
        string what = $"{request.Grant} of '{HandoverMessage.Show(request.Topic)}'";
        try
        {
            string? refusal = WhyNot(request, out RegionOffer? offer);
            if (refusal is null)
            {
                Grant(request, offer!);
                return new RegionServerEventArgs(RegionServerEventKind.Granted, peer, what);
            }
            Refuse(refusal);
            return new RegionServerEventArgs(RegionServerEventKind.Refused, peer, $"{what}: {refusal}");
        }
        // The user's own code among it: whatever goes wrong is this peer's loss alone.
        catch (Exception exception)
        {
            Refuse("the server failed; its own log says why");
            return new RegionServerEventArgs(RegionServerEventKind.Failed, peer, $"{what}: {exception.Message}", exception);
        }
    }

    private void Refuse(string reason)
    {
        _refusals++;
        socket.Send(new HandoverMessage(HandoverKind.Refusal, 0, reason, ""));
    }

    private string? WhyNot(RegionRequest request, out RegionOffer? offer)
    {
        if (!offers.TryGetValue(request.Topic, out offer))
        {
            return $"no topic '{HandoverMessage.Show(request.Topic)}' is offered";
        }
        if (request.Grant is not (RegionGrants.Publish or RegionGrants.Subscribe or RegionGrants.Observe) || (offer.Grants & request.Grant) == 0)
        {
            return $"{request.Grant} is not granted there; offered is: {offer.Grants}";
        }
        if (request.Contract.Length > 0 && offer.Contract.Length > 0 && request.Contract != offer.Contract)
        {
            return $"its contract is '{HandoverMessage.Show(offer.Contract)}'; '{HandoverMessage.Show(request.Contract)}' was asked for";
        }
        if (_grants == options.MaxGrants)
        {
            return $"this connection was granted {_grants} endpoints, those that are disposed included, the most that it may: connect anew";
        }
        return options.Authorize?.Invoke(request) == false ? "it was not authorized" : null;
    }

    private void Grant(RegionRequest request, RegionOffer offer)
    {
        RegionFile file = (RegionFile)TopicOf(request, offer).Source;
        // A description that nobody else has: this process closes its copy when it was sent.
        using SafeFileHandle handle = file.OpenToPass(readOnly: request.Grant == RegionGrants.Observe);
        // An observer neither sleeps nor wakes.
        SafeHandle[] descriptors = [handle, .. request.Grant == RegionGrants.Observe ? [] : file.Events?.Handles ?? []];
        socket.Send(new HandoverMessage(HandoverKind.Grant, (uint)descriptors.Length - 1, "", offer.Contract), descriptors);
        _grants++;
    }

    private Topic TopicOf(RegionRequest request, RegionOffer offer)
    {
        if (offer.Shared is not null)
        {
            return offer.Shared;
        }
        if (_own.TryGetValue(request.Topic, out Topic? own))
        {
            return own;
        }
        Topic topic = Topic.CreateAnonymous(offer.Options, link);
        try
        {
            offer.OnPeer!(peer, topic);
            _own.Add(request.Topic, topic);
            return topic;
        }
        catch
        {
            topic.Dispose();
            throw;
        }
    }
}
