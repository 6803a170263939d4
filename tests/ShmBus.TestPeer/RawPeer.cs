using System.Net.Sockets;
using System.Runtime.InteropServices;
using ShmBus.Native;
using ShmBus.Passing;

namespace ShmBus.TestPeer;

/// <summary>One end of a hand-over that speaks the socket by itself, and keeps to nothing. Linked into the tests as well.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    private readonly HandoverSocket _socket = new(socket);

    internal static RawPeer Connect(string address) => new(HandoverListener.Connect(address, TimeSpan.FromHours(1)));

    internal static byte[] Request(string topic, RegionGrants grant) => new HandoverMessage(HandoverKind.Request, (uint)grant, topic, "").Encode();

    internal void Send(ReadOnlySpan<byte> bytes, params IReadOnlyList<SafeHandle> descriptors) =>
        Syscall.Check(Libc.SendMessage(_socket.Handle, bytes, [.. descriptors.Select(static descriptor => (int)descriptor.DangerousGetHandle())]), "sendmsg");

    /// <summary>Waits for the next message; null at the end.</summary>
    internal ReceivedMessage? Receive()
    {
        while (true)
        {
            try
            {
                if (_socket.TryReceive(HandoverSocket.MostDescriptors) is ReceivedMessage message)
                {
                    return message;
                }
            }
            catch (EndOfStreamException)
            {
                return null;
            }
            _socket.Wait(TimeSpan.FromHours(1));
        }
    }

    /// <summary>Says that nothing more comes from here.</summary>
    internal void EndSending() => socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();
}
