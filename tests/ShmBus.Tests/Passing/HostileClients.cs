using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>
/// Clients that keep to nothing. The server, a process of its own, says what they did, serves the others meanwhile, and has nothing left of
/// them: its descriptors are counted.
/// </summary>
internal sealed class HostileClients
{
    private const int MostPerUser = 20;
    private const int Stranger = 1001;
    private const int Served = 1000;

    private readonly string _address = $"@shmbus-test-{Guid.NewGuid():N}";
    private PeerProcess _server = null!;
    private int _descriptors;
    private int _refusals;

    [OneTimeSetUp]
    public void Serve()
    {
        _server = PeerProcess.Start("handover-serve", _address, MostPerUser, Environment.IsPrivilegedProcess ? 0 : Libc.geteuid(), Served);
        Assert.That(_server.ReadLine(), Does.StartWith("serving"));
        // What the server opens once and for all it has opened by now.
        Misbehave("Malformed", static peer => peer.Send([1]));
        ExpectService();
        _descriptors = Settled();
    }

    [OneTimeTearDown]
    public void End() => _server.Dispose();

    private static IEnumerable<TestCaseData> Malformed()
    {
        byte[] request = RawPeer.Request("numbers", RegionGrants.Publish);
        yield return Case("One_byte", [7], "has 1 bytes");
        yield return Case("A_head_without_its_end", request[..15], "has 15 bytes");
        yield return Case("Half_a_request", request[..^1], "says that it has texts");
        yield return Case("A_request_with_more_behind_it", [.. request, 0], "says that it has texts");
        yield return Case("Garbage", RandomNumberGenerator.GetBytes(500), "begins with 0x");
        yield return Case("Too_long", new byte[HandoverMessage.BufferSize + 1], $"more than {HandoverMessage.BufferSize} bytes");
        yield return Case("As_long_as_the_socket_takes", new byte[150_000], $"more than {HandoverMessage.BufferSize} bytes");
        yield return Case("Another_version", With(request, HandoverMessage.VersionOffset, 2), "version 2");
        yield return Case("Not_UTF_8", With(request, HandoverMessage.HeadSize, 0xFFFF), "not UTF-8");
        foreach (int kind in (int[])[0, 2, 3, 4, 5, 6, 65535])
        {
            yield return Case($"Kind_{kind}", With(request, HandoverMessage.KindOffset, kind), $"kind {kind}; expected a request");
        }

        static TestCaseData Case(string name, byte[] message, string said) => new TestCaseData(message, said).SetName(name);

        static byte[] With(byte[] message, int offset, int value)
        {
            byte[] changed = [.. message];
            BinaryPrimitives.WriteUInt16LittleEndian(changed.AsSpan(offset), (ushort)value);
            return changed;
        }
    }

    [TestCaseSource(nameof(Malformed))]
    public void What_is_no_request_ends_the_connection(byte[] message, string said)
    {
        Assert.That(Misbehave("Malformed", peer => peer.Send(message)), Does.Contain(said));
        ExpectNothingLeft();
    }

    [Test]
    public void Descriptors_that_are_sent_are_closed([Values(1, 2, 253)] int count)
    {
        (SafeFileHandle from, SafeFileHandle to) = Posix.MakePipe();
        using (from)
        {
            SafeHandle[] sent = [.. Enumerable.Repeat<SafeHandle>(to, count)];
            Assert.That(Misbehave("Malformed", peer => peer.Send(RawPeer.Request("numbers", RegionGrants.Publish), sent)), Does.Contain("descriptors"));
            to.Dispose();
            // The end of the pipe: nobody has its other side open any more.
            Assert.That(ReadOne(from), Is.Zero);
        }
        ExpectNothingLeft();
    }

    [Test]
    public void Descriptors_without_a_message_are_closed()
    {
        (SafeFileHandle from, SafeFileHandle to) = Posix.MakePipe();
        using (from)
        {
            using RawPeer peer = RawPeer.Connect(_address);
            peer.Send([], to);
            Assert.That(peer.Receive(), Is.Null);
            to.Dispose();
            Assert.That(ReadOne(from), Is.Zero);
        }
        ExpectNothingLeft();
    }

    [Test]
    public void An_empty_message_is_the_end()
    {
        using (RawPeer peer = RawPeer.Connect(_address))
        {
            peer.Send([]);
            Assert.That(peer.Receive(), Is.Null);
        }
        ExpectNothingLeft();
    }

    [Test]
    public void Who_asks_on_without_reading_gets_one_answer()
    {
        using (RawPeer peer = RawPeer.Connect(_address))
        {
            for (int i = 0; i < 10; i++)
            {
                try
                {
                    peer.Send(RawPeer.Request("numbers", RegionGrants.Publish));
                }
                catch (ErrnoException exception) when (exception.Error == ErrorNumber.EPIPE)
                {
                    // The server has had enough.
                }
            }
            ExpectEvent("Malformed", "before it has received");
            using (ReceivedMessage answer = peer.Receive()!)
            {
                Assert.That(answer.Descriptors, Has.Count.EqualTo(1));
            }
            Assert.That(peer.Receive(), Is.Null);
        }
        ExpectNothingLeft();
    }

    [Test]
    public void Who_leaves_without_reading_its_answer_has_left()
    {
        using (RawPeer peer = RawPeer.Connect(_address))
        {
            peer.Send(RawPeer.Request("numbers", RegionGrants.Subscribe));
            ExpectEvent("Granted", "Subscribe of 'numbers'");
        }
        Assert.That(NextEvent(), Does.StartWith("Left: "));
        ExpectNothingLeft();
    }

    [Test]
    public void Who_is_killed_before_it_has_read_its_answer_has_left()
    {
        using PeerProcess peer = PeerProcess.Start("handover-request", _address, "numbers");
        ExpectEvent("Granted", "Subscribe of 'numbers'");
        peer.Kill();
        Assert.That(NextEvent(), Does.StartWith("Left: "));
        ExpectNothingLeft();
    }

    [Test]
    public void Who_ends_its_side_and_keeps_its_answer_unread_keeps_its_place()
    {
        RawPeer[] peers = [.. Enumerable.Range(0, MostPerUser).Select(_ => RawPeer.Connect(_address))];
        foreach (RawPeer peer in peers)
        {
            peer.Send(RawPeer.Request("own", RegionGrants.Subscribe));
            ExpectEvent("Granted", "own");
            peer.EndSending();
            ExpectEvent("Left", "");
        }
        using (RawPeer more = RawPeer.Connect(_address))
        {
            ExpectEvent("Refused", $"has {MostPerUser} connections");
        }
        // A connection each: neither the region, nor its topic.
        Until.True(() => Descriptors() <= _descriptors + MostPerUser);
        Array.ForEach(peers, static peer => peer.Dispose());
        Until.True(() => Descriptors() <= _descriptors);
        ExpectNothingLeft();
    }

    [Test]
    public void What_a_client_writes_is_shown_without_control_characters()
    {
        using (RawPeer peer = RawPeer.Connect(_address))
        {
            peer.Send(RawPeer.Request("a\nGranted: \u001b[31m\0\u0085" + new string('x', 900), RegionGrants.Publish));
            string happened = ExpectEvent("Refused", "no topic");
            Assert.That(happened, Does.Contain("'a?Granted: ?[31m??xxx").And.Length.LessThan(400));
            using ReceivedMessage answer = peer.Receive()!;
            Assert.That(answer.Message.First.Any(char.IsControl), Is.False);
        }
        ExpectNothingLeft();
    }

    [Test]
    public void A_grant_that_there_is_none_of_is_refused([Values(0u, 3u, 7u, 8u, uint.MaxValue)] uint grant)
    {
        using (RawPeer peer = RawPeer.Connect(_address))
        {
            peer.Send(RawPeer.Request("numbers", (RegionGrants)grant));
            ExpectEvent("Refused", "is not granted there");
            using ReceivedMessage answer = peer.Receive()!;
            Assert.That(answer.Message.Kind, Is.EqualTo(HandoverKind.Refusal));
            Assert.That(answer.Descriptors, Is.Empty);
        }
        ExpectNothingLeft();
    }

    [Test]
    public void Who_asks_on_and_on_for_what_it_does_not_get_loses_its_connection()
    {
        using (RawPeer peer = RawPeer.Connect(_address))
        {
            int asked = 0;
            try
            {
                do
                {
                    peer.Send(RawPeer.Request("letters", RegionGrants.Publish));
                    asked++;
                }
                while (peer.Receive() is not null);
            }
            catch (ErrnoException exception) when (exception.Error == ErrorNumber.EPIPE)
            {
                // It is the end, too.
            }
            ExpectEvent("Malformed", "refused");
            Assert.That(asked, Is.InRange(10, 1000));
        }
        ExpectNothingLeft();
    }

    [Test]
    public void Thousands_of_connections_of_a_user_who_is_not_served_cost_nothing()
    {
        using PeerProcess flood = PeerProcess.Start(new Confinement().User(Stranger, Stranger), "handover-flood", _address, 2000, 0);
        ExpectFlood(flood, refused: 2000, taken: 0, "is not among those");
    }

    [Test]
    public void One_user_gets_so_many_connections_and_does_not_keep_others_out()
    {
        using PeerProcess flood = PeerProcess.Start(new Confinement().User(Served, Served), "handover-flood", _address, 2000, MostPerUser);
        ExpectFlood(flood, refused: 2000 - MostPerUser, taken: MostPerUser, $"has {MostPerUser} connections");
    }

    [Test]
    public void Connections_do_not_take_the_last_descriptors_of_the_server()
    {
        string address = _address + "-limited";
        using PeerProcess server = PeerProcess.Start(new Confinement().Limit("-n", 150), "handover-serve", address, 10_000);
        Assert.That(server.ReadLine(), Does.StartWith("serving"));
        RawPeer[] peers = [.. Enumerable.Range(0, 300).Select(_ => RawPeer.Connect(address))];
        Assert.That(server.ReadLine(), Does.StartWith("Failed: this process has nearly as many descriptors open as it may"));
        // Those who came last have been refused by now, or are told so.
        using (ReceivedMessage refusal = peers[^1].Receive()!)
        {
            Assert.That(refusal.Message.First, Does.Contain("too many connections"));
        }
        Assert.That(Directory.GetFileSystemEntries($"/proc/{server.Id}/fd"), Has.Length.LessThan(150 - 20));
        Array.ForEach(peers, static peer => peer.Dispose());
        using RegionClient client = ServedAgain(address);
        using Publisher publisher = client.CreatePublisher("numbers");
        publisher.Publish("served"u8);
    }

    /// <summary>Sends something, has the connection ended for it, and returns what the server says.</summary>
    private string Misbehave(string kind, Action<RawPeer> misbehave)
    {
        using RawPeer peer = RawPeer.Connect(_address);
        misbehave(peer);
        Assert.That(peer.Receive(), Is.Null);
        return ExpectEvent(kind, "");
    }

    private void ExpectFlood(PeerProcess flood, int refused, int taken, string reason)
    {
        long before = Memory();
        int refusals = _refusals;
        ExpectEvent("Refused", reason);
        ExpectService();
        while (_refusals < refusals + refused)
        {
            ExpectEvent("Refused", reason);
        }
        flood.Expect($"{refused} refused");
        ExpectService();
        int during = Descriptors();
        long grown = Memory() - before;
        TestContext.Out.WriteLine($"{during} descriptors during, {_descriptors} before; {grown >> 20} MiB more memory at most");
        Assert.That(during, Is.LessThanOrEqualTo(_descriptors + taken + 10));
        Assert.That(grown, Is.LessThan(100 << 20));
        flood.Kill();
        ExpectNothingLeft();
    }

    /// <summary>The server learns of the end of those before one by one.</summary>
    private static RegionClient ServedAgain(string address)
    {
        while (true)
        {
            RegionClient client = RegionClient.Connect(address);
            try
            {
                client.CreateObserver("numbers").Dispose();
                return client;
            }
            catch (RegionRefusedException)
            {
                client.Dispose();
            }
        }
    }

    private void ExpectNothingLeft()
    {
        ExpectService();
        Until.True(() => Descriptors() <= _descriptors);
    }

    /// <summary>Others are served as ever.</summary>
    private void ExpectService()
    {
        using (RegionClient client = RegionClient.Connect(_address))
        using (Subscriber subscriber = client.CreateSubscriber("numbers"))
        using (Publisher publisher = client.CreatePublisher("numbers"))
        {
            publisher.Publish("served"u8);
            Assert.That(subscriber.Read().Payload.SequenceEqual("served"u8));
        }
        ExpectEvent("Left", "");
    }

    /// <summary>The next event of a kind that says something; others, of those who were served, are passed by.</summary>
    private string ExpectEvent(string kind, string said)
    {
        while (true)
        {
            string happened = NextEvent();
            if (happened.StartsWith(kind + ": ", StringComparison.Ordinal) && happened.Contains(said, StringComparison.Ordinal))
            {
                return happened;
            }
        }
    }

    private string NextEvent()
    {
        string happened = _server.ReadLine();
        _refusals += happened.StartsWith("Refused: ", StringComparison.Ordinal) ? 1 : 0;
        return happened;
    }

    private int Descriptors() => ProcessFiles.DescriptorsOf(_server.Id);

    /// <summary>The descriptors of a server that has let go of all who are gone.</summary>
    private int Settled()
    {
        Until.True(() => File.ReadLines("/proc/net/unix").Count(line => line.EndsWith(_address, StringComparison.Ordinal)) == 1);
        return Descriptors();
    }

    private long Memory() => long.Parse(
        File.ReadLines($"/proc/{_server.Id}/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) << 10;

    private static int ReadOne(SafeFileHandle pipe)
    {
        using FileStream stream = new(new SafeFileHandle(pipe.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, bufferSize: 0);
        return stream.Read(new byte[1]);
    }
}
