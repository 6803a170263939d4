using System.Net.Sockets;
using System.Runtime.InteropServices;
using ShmBus.Native;

namespace ShmBus.Passing;

/// <summary>Who is at the other end of a socket, by the kernel's word (<c>SO_PEERCRED</c>): as it was when it connected, or began to listen.</summary>
/// <param name="UserId">Its effective user, as numbered in the user namespace of this process.</param>
/// <param name="GroupId">Its effective group.</param>
/// <param name="Groups">Its further groups; empty where the kernel does not tell.</param>
/// <param name="ProcessId">For people only: the process may be gone by now, and the number another's. 0 where it is in no namespace of this process.</param>
public sealed record PeerCredentials(uint UserId, uint GroupId, IReadOnlyList<uint> Groups, int ProcessId)
{
    /// <summary>Says who it is.</summary>
    /// <returns>User, group and process.</returns>
    public override string ToString() => $"user {UserId}, group {GroupId}, process {ProcessId}";

    internal static PeerCredentials Of(Socket socket)
    {
        Span<uint> peer = stackalloc uint[3];
        socket.GetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_PEERCRED, MemoryMarshal.AsBytes(peer));
        return new PeerCredentials(peer[1], peer[2], GroupsOf(socket), (int)peer[0]);
    }

    private static uint[] GroupsOf(Socket socket)
    {
        // Few, as a rule; else as many as the kernel lets a process be in.
        foreach (int most in (ReadOnlySpan<int>)[32, 65536])
        {
            uint[] groups = new uint[most];
            try
            {
                int bytes = socket.GetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_PEERGROUPS, MemoryMarshal.AsBytes(groups.AsSpan()));
                return groups[..(bytes / sizeof(uint))];
            }
            catch (SocketException)
            {
                // They are more; or the kernel is older than Linux 4.13.
            }
        }
        return [];
    }
}
