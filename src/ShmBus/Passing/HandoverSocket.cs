using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Passing;

/// <summary>
/// One end of a hand-over: a connected Unix socket that keeps messages apart (<c>SOCK_SEQPACKET</c>). Its end is the end of the peer.
/// </summary>
internal sealed class HandoverSocket(Socket socket) : IDisposable
{
    /// <summary>The most descriptors that the kernel takes in one message.</summary>
    internal const int MostDescriptors = 253;

    internal SafeSocketHandle Handle => socket.SafeHandle;

    /// <summary>What the peer did not read yet, in bytes of the kernel's memory: the descriptors in it count against this user.</summary>
    internal int UnreadBytes => Libc.UnreadBytes(socket.SafeHandle);

    internal PeerCredentials Peer => PeerCredentials.Of(socket);

    /// <summary>Waits until something can be received, be it the end. Takes nothing away.</summary>
    internal async ValueTask WaitAsync(CancellationToken cancellationToken) =>
        await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken).ConfigureAwait(false);

    /// <summary>The same for a thread. False when the time ran out.</summary>
    internal bool Wait(TimeSpan timeout)
    {
        // Poll takes half an hour and a little more at once.
        TimeSpan most = TimeSpan.FromMinutes(30);
        for (; timeout > most; timeout -= most)
        {
            if (socket.Poll(most, SelectMode.SelectRead))
            {
                return true;
            }
        }
        return socket.Poll(timeout, SelectMode.SelectRead);
    }

    /// <summary>Sends a message, with copies of descriptors.</summary>
    /// <exception cref="ErrnoException">The peer is gone, or does not read.</exception>
    internal void Send(in HandoverMessage message, params ReadOnlySpan<SafeHandle> descriptors)
    {
        Span<int> numbers = stackalloc int[descriptors.Length];
        Span<bool> held = stackalloc bool[descriptors.Length];
        try
        {
            for (int i = 0; i < descriptors.Length; i++)
            {
                descriptors[i].DangerousAddRef(ref held[i]);
                numbers[i] = (int)descriptors[i].DangerousGetHandle();
            }
            Syscall.Check(Libc.SendMessage(socket.SafeHandle, message.Encode(), numbers), "sendmsg");
        }
        finally
        {
            for (int i = 0; i < descriptors.Length; i++)
            {
                if (held[i])
                {
                    descriptors[i].DangerousRelease();
                }
            }
        }
    }

    /// <summary>Receives a message, if one is there. Null when none is.</summary>
    /// <param name="mostDescriptors">How many may come with it.</param>
    /// <exception cref="EndOfStreamException">There comes none any more.</exception>
    /// <exception cref="HandoverException">What came is no message, or brought too many descriptors; none of them is open any more.</exception>
    internal ReceivedMessage? TryReceive(int mostDescriptors)
    {
        Span<byte> buffer = stackalloc byte[HandoverMessage.BufferSize];
        List<SafeFileHandle> descriptors = [];
        long length = Libc.ReceiveMessage(socket.SafeHandle, buffer, mostDescriptors, descriptors, out int flags);
        if (length < 0 && Syscall.LastError == ErrorNumber.ECONNRESET)
        {
            // The peer went without reading what it was sent. That is told once, before what it sent itself.
            length = Libc.ReceiveMessage(socket.SafeHandle, buffer, mostDescriptors, descriptors, out flags);
        }
        if (length < 0)
        {
            return Syscall.LastError switch
            {
                ErrorNumber.EAGAIN => null,
                ErrorNumber error => throw ErrnoException.From(error, "recvmsg"),
            };
        }
        ReceivedMessage? message = null;
        try
        {
            if (length == 0 && (flags & Libc.MSG_CTRUNC) == 0)
            {
                throw new EndOfStreamException();
            }
            if ((flags & Libc.MSG_CTRUNC) != 0)
            {
                throw new HandoverException($"a message brought more than {mostDescriptors} descriptors, or this process may not open as many (ulimit -n)");
            }
            if ((flags & Libc.MSG_TRUNC) != 0)
            {
                throw new HandoverException($"a message has more than {HandoverMessage.BufferSize} bytes");
            }
            return message = new ReceivedMessage(HandoverMessage.Decode(buffer[..(int)length]), descriptors);
        }
        finally
        {
            if (message is null)
            {
                descriptors.ForEach(static descriptor => descriptor.Dispose());
            }
        }
    }

    /// <summary>Ends what can be received, so that whoever waits for more learns that there is none.</summary>
    internal void Shutdown()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    public void Dispose() => socket.Dispose();
}

/// <summary>A message, and the descriptors that came with it, which are the receiver's.</summary>
internal sealed record ReceivedMessage(HandoverMessage Message, List<SafeFileHandle> Descriptors) : IDisposable
{
    public void Dispose() => Descriptors.ForEach(static descriptor => descriptor.Dispose());
}
