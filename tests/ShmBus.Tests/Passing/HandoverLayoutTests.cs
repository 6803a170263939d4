using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>
/// What goes over the socket against the numbers of LAYOUT.md, which are written out here: a change of the constants in the code must fail. The
/// test is one side, and knows bytes and system calls only.
/// </summary>
internal sealed class HandoverLayoutTests
{
    [Test]
    public void Request_grant_and_refusal_stand_as_described([Values] bool isAbstract)
    {
        using TestDirectory directory = new();
        string name = $"shmbus-test-{Guid.NewGuid():N}";
        using RegionServer server = new(isAbstract ? "@" + name : directory.File("socket"));
        using Topic topic = Topic.CreateAnonymous();
        server.Offer(topic, "prices", RegionGrants.Subscribe | RegionGrants.Observe, "€/kg");
        server.Start();
        using Socket client = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name : directory.File("socket")));

        client.Send(Message(kind: 1, value: 2, "prices", ""));
        Assert.That(Receive(client, out SafeFileHandle[] subscribers), Is.EqualTo(Message(kind: 2, value: 0, "", "€/kg")));
        client.Send(Message(kind: 1, value: 4, "prices", "€/kg"));
        Assert.That(Receive(client, out SafeFileHandle[] observers), Is.EqualTo(Message(kind: 2, value: 0, "", "€/kg")));
        Assert.That((Libc.AccessModeOf(subscribers.Single()), Libc.AccessModeOf(observers.Single())), Is.EqualTo((2, 0)), "O_RDWR, O_RDONLY");
        // Shrink, grow and seal.
        Assert.That(Libc.GetSeals(subscribers[0]) & 7, Is.EqualTo(7));
        byte[] magic = new byte[8];
        RandomAccess.Read(observers[0], magic, 0);
        Assert.That(magic.AsSpan().SequenceEqual("SHMBUS\r\n"u8));

        client.Send(Message(kind: 1, value: 1, "prices", "€/kg"));
        byte[] refusal = Receive(client, out SafeFileHandle[] none);
        Assert.That(refusal, Is.EqualTo(Message(kind: 3, value: 0, Encoding.UTF8.GetString(refusal.AsSpan(16)), "")));
        Assert.That(none, Is.Empty);
        Array.ForEach([.. subscribers, .. observers], static descriptor => descriptor.Dispose());
    }

    [Test]
    public void Hello_and_welcome_stand_as_described()
    {
        (Socket first, Socket childsFirst) = Libc.SocketPair();
        (Socket second, Socket childsSecond) = Libc.SocketPair();
        string assembly = typeof(PeerProcess).Assembly.Location.Replace("ShmBus.Tests", "ShmBus.TestPeer", StringComparison.Ordinal);
        ProcessStartInfo start = new("dotnet", [assembly, "child-hold"]);
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["SHMBUS_TEST_HOST"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        start.Environment["SHMBUS_CHILD_REGION"] = $"{childsFirst.Handle}:the token";
        Libc.SetInheritable(childsFirst.SafeHandle, isInheritable: true);
        using Process child = Process.Start(start)!;
        childsFirst.Dispose();
        using (first)
        using (second)
        using (childsSecond)
        {
            Assert.That(Receive(first, out _), Is.EqualTo(Message(kind: 4, value: 0, "the token", "")));
            Libc.SendMessage(first.SafeHandle, Message(kind: 5, value: 0, "", ""), [(int)childsSecond.Handle]);
            Assert.That(Receive(second, out _), Is.EqualTo(Message(kind: 1, value: 2, "there", "")));
            child.Kill();
            child.WaitForExit();
        }
    }

    [Test]
    public void Texts_have_at_most_1024_bytes_and_a_refusal_that_names_both_contracts_fits()
    {
        string longest = new('契', 341);
        Assert.That(() => HandoverMessage.CheckText(longest + "a", "contract"), Throws.Nothing);
        Assert.That(() => HandoverMessage.CheckText(longest + "ab", "contract"), Throws.ArgumentException.With.Message.Contains("1024"));
        using RegionServer server = new($"@shmbus-test-{Guid.NewGuid():N}");
        using Topic topic = Topic.CreateAnonymous();
        server.Offer(topic, contract: longest);
        server.Start();
        using RegionClient client = RegionClient.Connect(server.Address, new RegionClientOptions { Contract = longest + "a" });
        Assert.That(() => client.CreatePublisher(), Throws.TypeOf<RegionRefusedException>().With.Message.Contains("its contract is '契"));
    }

    private static byte[] Message(ushort kind, uint value, string first, string second)
    {
        byte[] texts = Encoding.UTF8.GetBytes(first + second);
        byte[] message = [.. "SHMH"u8, 1, 0, .. new byte[10], .. texts];
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), kind);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), value);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(12), (ushort)Encoding.UTF8.GetByteCount(first));
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)Encoding.UTF8.GetByteCount(second));
        return message;
    }

    private static byte[] Receive(Socket socket, out SafeFileHandle[] descriptors)
    {
        socket.Poll(-1, SelectMode.SelectRead);
        byte[] bytes = new byte[4096];
        List<SafeFileHandle> received = [];
        long length = Libc.ReceiveMessage(socket.SafeHandle, bytes, 16, received, out _);
        descriptors = [.. received];
        return bytes[..(int)length];
    }
}
