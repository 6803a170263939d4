using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Regions;
using ShmBus.TestPeer;
using ShmBus.Tests.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>
/// Servers that hand over what no server should. The client, a process of its own, says what is wrong with it, and has nothing of it open
/// or mapped afterwards.
/// </summary>
internal sealed class HostileServers
{
    private const uint Stranger = 54_321;
    private const uint AllowSealing = 2;
    private const uint HugeTlb = 4;

    private static readonly int Page = Environment.SystemPageSize;

    private readonly string _address = $"@shmbus-test-{Guid.NewGuid():N}";
    private HandoverListener _listener = null!;
    private PeerProcess _client = null!;
    private int _descriptors;

    [OneTimeSetUp]
    public void Listen()
    {
        _listener = new HandoverListener(_address, isForAnybody: false);
        _client = PeerProcess.Start("handover-try", _address);
        // What the client opens once and for all it has opened by now.
        Assert.That(Offer(RegionGrants.Publish, Memfd(Header())), Is.EqualTo("granted"));
        Assert.That(Offer(RegionGrants.Observe, Memfd(Header()), readOnly: true), Is.EqualTo("granted"));
        Assert.That(Offer(RegionGrants.Publish), Does.StartWith(nameof(HandoverException)));
        // The last connection may be closing still.
        _descriptors = Enumerable.Range(0, 10).Min(_ =>
        {
            Thread.Sleep(5);
            return ProcessFiles.DescriptorsOf(_client.Id);
        });
    }

    [OneTimeTearDown]
    public void Close()
    {
        _client.Dispose();
        _listener.Dispose();
    }

    [TearDown]
    public void NothingIsLeft()
    {
        // When it has answered, it has nothing mapped; of its connection, its threads may be closing still.
        Assert.That(ProcessFiles.MemfdMappingsOf(_client.Id, "shmbus"), Is.Zero);
        Until.True(() => ProcessFiles.DescriptorsOf(_client.Id) <= _descriptors);
    }

    [Test]
    public void A_region_that_is_right_is_taken()
    {
        Assert.That(Offer(RegionGrants.Publish, Memfd(Header())), Is.EqualTo("granted"));
        Assert.That(Offer(RegionGrants.Subscribe, Memfd(Header())), Is.EqualTo("granted"));
        Assert.That(Offer(RegionGrants.Observe, Memfd(Header()), readOnly: true), Is.EqualTo("granted"));
    }

    [Test]
    public void Any_other_number_of_descriptors_than_was_said_is_refused([Values(0, 2, 3, 253)] int count) =>
        Expect<HandoverException>(Answer(RegionGrants.Publish, peer =>
        {
            using SafeFileHandle region = Memfd(Header());
            peer.Send(Grant(), [.. Enumerable.Repeat<SafeHandle>(region, count)]);
        }), $"with {count} descriptors");

    [Test]
    public void Eventfds_that_were_said_to_come_and_did_not_are_refused([Values(1u, 128u, uint.MaxValue)] uint said) =>
        Expect<HandoverException>(Answer(RegionGrants.Publish, peer =>
        {
            using SafeFileHandle region = Memfd(Header());
            peer.Send(new HandoverMessage(HandoverKind.Grant, said, "", "").Encode(), region);
        }), "with 1 descriptors", $"{said}");

    [Test]
    public void Eventfds_that_are_something_else_or_too_few_are_refused([Values(1, 2, 3)] int count)
    {
        string answer = Answer(RegionGrants.Publish, peer =>
        {
            using SafeFileHandle region = Memfd(Header());
            (SafeFileHandle from, SafeFileHandle to) = Posix.MakePipe();
            using (from)
            using (to)
            {
                peer.Send(new HandoverMessage(HandoverKind.Grant, (uint)count, "", "").Encode(), [region, .. Enumerable.Repeat<SafeHandle>(to, count)]);
            }
        });
        // The region has two slots.
        Expect<RegionTypeException>(answer, count == 2 ? "is not an eventfd" : $"came with {count} eventfds");
    }

    [Test]
    public void A_pipe_is_refused([Values] bool readingEnd)
    {
        (SafeFileHandle from, SafeFileHandle to) = Posix.MakePipe();
        using (from)
        using (to)
        {
            Expect<RegionTypeException>(Offer(RegionGrants.Publish, readingEnd ? from : to), "a named pipe");
        }
    }

    [Test]
    public void A_directory_is_refused() =>
        Expect<RegionTypeException>(Offer(RegionGrants.Publish, Libc.Open("/", Libc.O_RDONLY)), "a directory");

    [Test]
    public void A_device_is_refused([Values("/dev/zero", "/dev/null")] string device) =>
        Expect<RegionTypeException>(Offer(RegionGrants.Publish, Libc.Open(device, Libc.O_RDWR)), "a character device");

    [Test]
    public void A_socket_is_refused()
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        Expect<RegionTypeException>(Answer(RegionGrants.Publish, peer => peer.Send(Grant(), socket.SafeHandle)), "a socket");
    }

    [Test]
    public void The_connection_itself_is_refused() =>
        Expect<RegionTypeException>(Answer(RegionGrants.Publish, peer =>
        {
            using RawPeer other = RawPeer.Connect(_address);
            using Socket accepted = Accept();
            peer.Send(Grant(), accepted.SafeHandle);
        }), "a socket");

    [Test]
    public void A_file_in_shared_memory_is_refused()
    {
        using TestDirectory directory = new();
        Expect<RegionTypeException>(Offer(RegionGrants.Publish, TopicFile(directory)), "seals 0x1");
    }

    [Test]
    public void A_file_on_a_disk_is_refused()
    {
        Disk.Require();
        using TestDirectory directory = new(Disk.Path);
        Expect<RegionTypeException>(Offer(RegionGrants.Publish, TopicFile(directory)), "no seals");
    }

    [Test]
    public void A_descriptor_that_nothing_can_be_done_with_is_refused() =>
        Expect<RegionTypeException>(Offer(RegionGrants.Publish, Reopened(Libc.O_PATH)), "access mode 0x200000");

    [TestCase(RegionGrants.Publish, Libc.O_RDONLY, "access mode 0x0; expected 0x2")]
    [TestCase(RegionGrants.Subscribe, Libc.O_RDONLY, "access mode 0x0; expected 0x2")]
    [TestCase(RegionGrants.Publish, 1, "access mode 0x1; expected 0x2")]
    [TestCase(RegionGrants.Observe, Libc.O_RDWR, "access mode 0x2; expected 0x0")]
    [TestCase(RegionGrants.Observe, 1, "access mode 0x1; expected 0x0")]
    public void A_descriptor_that_was_opened_for_something_else_is_refused(RegionGrants grant, int mode, string said) =>
        Expect<RegionTypeException>(Offer(grant, Reopened(mode)), said);

    [Test]
    public void Each_missing_seal_is_noticed([Range(0, 6)] int seals) =>
        Expect<RegionTypeException>(Offer(RegionGrants.Publish, Memfd(Header(), seals: seals)), $"has the seals 0x{seals:x}; expected at least 0x7");

    [Test]
    public void A_memfd_that_cannot_be_sealed_is_refused()
    {
        SafeFileHandle memfd = Posix.MakeMemfd(0);
        _ = Libc.fchmod(memfd, (uint)RegionOptions.OwnerOnly);
        Expect<RegionTypeException>(Offer(RegionGrants.Publish, memfd), "seals 0x1");
    }

    [Test]
    public void A_region_that_is_sealed_against_writing_is_not_written()
    {
        const int sealWrite = 8;
        Expect<AccessErrnoException>(Offer(RegionGrants.Publish, Memfd(Header(), seals: RegionFile.Seals | sealWrite)), "EPERM");
        Assert.That(Offer(RegionGrants.Observe, Memfd(Header(), seals: RegionFile.Seals | sealWrite), readOnly: true), Is.EqualTo("granted"));
    }

    [Test]
    public void A_region_that_ends_too_soon_or_too_late_is_refused([Values(0, 1, 100, 511)] int size)
    {
        Expect<RegionSizeException>(Offer(RegionGrants.Publish, Memfd(Header().AsSpan(0, size).ToArray(), size)), $"has {size} bytes");
        long whole = Size();
        Expect<RegionSizeException>(Offer(RegionGrants.Publish, Memfd(Header(), whole - 1)), "truncated", $"{whole - 1}");
        Expect<RegionSizeException>(Offer(RegionGrants.Publish, Memfd(Header(), Page)), "truncated", $"{Page}");
        Expect<RegionSizeException>(Offer(RegionGrants.Publish, Memfd(Header(), whole + Page)), "extended", $"{whole + Page}");
    }

    [Test]
    public void A_region_cut_off_while_it_is_looked_at_kills_nobody()
    {
        using PeerProcess peer = PeerProcess.Start("handover-race", 5000);
        string refusals = peer.ReadLine();
        TestContext.Out.WriteLine(refusals);
        Assert.That(peer.ExitCode(), Is.Zero);
        Assert.That(refusals, Does.StartWith("Region").And.Not.Contain("Taken"));
    }

    [Test]
    public void What_is_no_header_is_refused()
    {
        Expect<RegionFormatException>(Offer(RegionGrants.Publish, Memfd(new byte[RegionDescriptor.HeaderSize], Size())), "begins with 0x0000000000000000");
        Expect<RegionFormatException>(Offer(RegionGrants.Publish, Memfd(With(RegionDescriptor.ChecksumOffset, 7, seal: false))), "checksum is 0x00000007");
    }

    [Test]
    public void Another_version_of_the_layout_is_refused() =>
        Expect<RegionVersionException>(Offer(RegionGrants.Publish, Memfd(With(RegionDescriptor.MajorVersionOffset, 2))), "layout version 2");

    [Test]
    public void Another_page_size_is_refused() =>
        Expect<RegionPageSizeException>(Offer(RegionGrants.Publish, Memfd(With(RegionDescriptor.PageSizeOffset, 4 * (uint)Page))), $"pages of {4 * Page}");

    [Test]
    public void A_topic_of_lanes_is_refused([Values(RegionGrants.Publish, RegionGrants.Subscribe, RegionGrants.Observe)] RegionGrants grant)
    {
        TopicOptions lanes = new() { Capacity = Page, Publishers = 3, Lanes = true };
        Expect<RegionTypeException>(Offer(grant, Memfd(Header(lanes), lanes.ToHeader().Geometry.RegionSize), readOnly: grant == RegionGrants.Observe), "lanes");
    }

    [Test]
    public void A_lane_is_refused() =>
        Expect<RegionFormatException>(Offer(RegionGrants.Publish, Memfd(With(RegionDescriptor.HubKeyOffset, 1))), "is a lane");

    [Test]
    public void Another_kind_of_topic_is_refused() =>
        Expect<RegionVersionException>(Offer(RegionGrants.Publish, Memfd(With(RegionDescriptor.DeliveryOffset, 77))), "77");

    [Test]
    public void A_region_that_others_may_open_is_refused([Values(0b111_111_111, 0b110_100_000, 0b110_000_100, 0b100_000_000)] int mode)
    {
        SafeFileHandle memfd = Memfd(Header());
        _ = Libc.fchmod(memfd, (uint)mode);
        Expect<RegionOwnerException>(Offer(RegionGrants.Publish, memfd), $"mode {Convert.ToString(mode, 8)}; expected");
    }

    [Test]
    public void A_region_of_somebody_else_is_refused()
    {
        Posix.RequireRoot("to give a memfd to somebody else");
        SafeFileHandle memfd = Memfd(Header());
        _ = Libc.fchown(memfd, Stranger, Stranger);
        Expect<RegionOwnerException>(Offer(RegionGrants.Publish, memfd), $"user {Stranger}", "expected user 0");
    }

    [Test]
    public void Huge_pages_that_could_run_out_are_refused()
    {
        SafeFileHandle memfd;
        try
        {
            memfd = Posix.MakeMemfd(AllowSealing | HugeTlb);
        }
        catch (AssertionException exception)
        {
            Assert.Ignore($"This kernel makes no memfd of huge pages: {exception.Message.Trim()}");
            return;
        }
        _ = Libc.fchmod(memfd, (uint)RegionOptions.OwnerOnly);
        _ = Posix.Truncate(memfd, 2 << 20);
        _ = Libc.AddSeals(memfd, RegionFile.Seals);
        // Nobody can write a header into it without having such pages.
        Expect<RegionFormatException>(Offer(RegionGrants.Publish, memfd), "begins with 0x0000000000000000");
    }

    [Test]
    public void What_is_no_answer_is_refused()
    {
        Expect<HandoverException>(Answer(RegionGrants.Publish, static peer => peer.Send([1])), "has 1 bytes");
        Expect<HandoverException>(Answer(RegionGrants.Publish, static peer => peer.Send(RandomNumberGenerator.GetBytes(400))), "begins with 0x");
        Expect<HandoverException>(Answer(RegionGrants.Publish, static peer => peer.Send(new byte[HandoverMessage.BufferSize + 1])), $"more than {HandoverMessage.BufferSize} bytes");
    }

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(77)]
    public void A_message_of_another_kind_is_refused(int kind) =>
        Expect<HandoverException>(Answer(RegionGrants.Publish, peer =>
        {
            using SafeFileHandle region = Memfd(Header());
            peer.Send(new HandoverMessage((HandoverKind)kind, 0, "", "").Encode(), region);
        }), $"kind {kind}");

    [Test]
    public void Descriptors_with_garbage_are_closed() =>
        Expect<HandoverException>(Answer(RegionGrants.Publish, static peer =>
        {
            using SafeFileHandle region = Memfd(Header());
            peer.Send(new byte[100], [.. Enumerable.Repeat<SafeHandle>(region, 100)]);
        }), "begins with 0x");

    [Test]
    public void A_refusal_with_a_descriptor_is_refused() =>
        Expect<HandoverException>(Answer(RegionGrants.Publish, static peer =>
        {
            using SafeFileHandle region = Memfd(Header());
            peer.Send(new HandoverMessage(HandoverKind.Refusal, 0, "no", "").Encode(), region);
        }), "kind 3, with 1 descriptors");

    [Test]
    public void A_reason_is_shown_without_control_characters()
    {
        string answer = Answer(RegionGrants.Publish, static peer =>
            peer.Send(new HandoverMessage(HandoverKind.Refusal, 0, "no\r\ngranted \u001b[31m\0" + new string('x', 900), "").Encode()));
        Expect<RegionRefusedException>(answer, "refused: no??granted ?[31m?xxx");
        Assert.That(answer, Has.Length.LessThan(600));
    }

    [Test]
    public void Silence_ends_in_time() =>
        Expect<TimeoutException>(Answer(RegionGrants.Publish, static _ => { }, milliseconds: 100, endsAfterwards: false), "did not answer within");

    [Test]
    public void The_end_instead_of_an_answer_is_told() =>
        Expect<PeerLostException>(Answer(RegionGrants.Publish, static _ => { }), "its connection has ended");

    [Test]
    public void The_end_with_descriptors_is_told_and_they_are_closed() =>
        Expect<PeerLostException>(Answer(RegionGrants.Publish, static peer =>
        {
            using SafeFileHandle region = Memfd(Header());
            peer.Send([], region);
        }), "its connection has ended");

    [Test]
    public void The_end_before_the_request_was_read_is_told()
    {
        _client.WriteLine($"3600000 {RegionGrants.Publish} numbers");
        Accept().Dispose();
        Expect<PeerLostException>(_client.ReadLine(), "its connection has ended");
    }

    [Test]
    public void What_comes_unasked_ends_the_connection([Values(0, 1, 100)] int descriptors)
    {
        using RegionClient client = RegionClient.Connect(_address);
        using RawPeer peer = new(Accept());
        using SafeFileHandle region = Memfd(Header());
        peer.Send(Grant(), [.. Enumerable.Repeat<SafeHandle>(region, descriptors)]);
        Until.True(() => client.IsServerLost);
        Assert.That(() => client.CreatePublisher(), Throws.TypeOf<PeerLostException>().With.Message.Contains(descriptors == 0 ? "came unasked" : "descriptors"));
        Assert.That(peer.Receive(), Is.Null);
    }

    [Test]
    public void A_server_that_takes_no_connection_is_given_up_in_time()
    {
        string address = _address + "-busy";
        using Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint("\0" + address[1..]));
        listener.Listen(0);
        RegionClientOptions options = new() { Timeout = TimeSpan.FromMilliseconds(50) };
        List<RegionClient> waiting = [];
        Assert.That(() =>
        {
            while (true)
            {
                waiting.Add(RegionClient.Connect(address, options));
            }
        }, Throws.TypeOf<TimeoutException>().With.Message.Contains(address));
        waiting.ForEach(static client => client.Dispose());
    }

    private static byte[] Header(TopicOptions? options = null)
    {
        byte[] header = new byte[RegionDescriptor.HeaderSize];
        (options ?? new TopicOptions { Capacity = Page }).ToHeader().Encode(header);
        return header;
    }

    private static long Size() => new TopicOptions { Capacity = Page }.ToHeader().Geometry.RegionSize;

    private static byte[] With(int offset, uint value, bool seal = true)
    {
        byte[] header = Header();
        int width = offset == RegionDescriptor.MajorVersionOffset ? sizeof(ushort) : sizeof(uint);
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        bytes[..width].CopyTo(header.AsSpan(offset));
        return seal ? HeaderFile.Seal(header) : header;
    }

    /// <summary>A region as a server makes it: what is to be wrong with it, the caller says.</summary>
    private static SafeFileHandle Memfd(byte[] header, long? size = null, int seals = RegionFile.Seals)
    {
        SafeFileHandle memfd = Posix.MakeMemfd(AllowSealing);
        _ = Libc.fchmod(memfd, (uint)RegionOptions.OwnerOnly);
        RandomAccess.Write(memfd, header, 0);
        Assert.That(Posix.Truncate(memfd, size ?? Size()), Is.Zero);
        if (header.Length == RegionDescriptor.HeaderSize && (size ?? Size()) == Size())
        {
            // The start of a ring, as far as an endpoint looks at it.
            WriteNumber(memfd, RegionDescriptor.TailOffset, Page);
            WriteNumber(memfd, RegionDescriptor.SharedGateOffset, Page);
            RegionGeometry geometry = new TopicOptions { Capacity = Page }.ToHeader().Geometry;
            WriteNumber(memfd, geometry.SubscriberSlotOffset(0) + RegionDescriptor.GateOffset, Page);
            WriteNumber(memfd, geometry.SubscriberSlotOffset(0) + RegionDescriptor.ResumeOffset, Page);
        }
        Assert.That(seals == 0 ? 0 : Libc.AddSeals(memfd, seals), Is.Zero);
        return memfd;
    }

    private static void WriteNumber(SafeFileHandle file, long offset, long value) => RandomAccess.Write(file, BitConverter.GetBytes(value), offset);

    private static SafeFileHandle Reopened(int flags)
    {
        using SafeFileHandle memfd = Memfd(Header());
        using Borrowed borrowed = new(memfd);
        return Libc.Open(Libc.ProcPath(borrowed.Fd), flags);
    }

    private static SafeFileHandle TopicFile(TestDirectory directory)
    {
        Topic.OpenOrCreate(directory.File("t"), new TopicOptions { Capacity = Page }).Dispose();
        return Libc.Open(directory.File("t"), Libc.O_RDWR);
    }

    private static byte[] Grant() => new HandoverMessage(HandoverKind.Grant, 0, "", "").Encode();

    private static void Expect<T>(string answer, params string[] words) where T : Exception
    {
        Assert.That(answer, Does.StartWith(typeof(T).Name + " "));
        foreach (string word in words)
        {
            Assert.That(answer, Does.Contain(word));
        }
    }

    /// <summary>Has the client ask, hands this over, which is closed here then, and returns what the client says.</summary>
    private string Offer(RegionGrants grant, SafeFileHandle? region = null, bool readOnly = false) =>
        Answer(grant, peer =>
        {
            using SafeFileHandle? whole = region;
            using SafeFileHandle? passed = readOnly ? RegionFile.OpenDescription(whole!, "", readOnly: true) : null;
            peer.Send(Grant(), region is null ? [] : [passed ?? region]);
        });

    private string Answer(RegionGrants grant, Action<RawPeer> answer, int milliseconds = 3_600_000, bool endsAfterwards = true)
    {
        _client.WriteLine($"{milliseconds} {grant} numbers");
        using RawPeer peer = new(Accept());
        using (ReceivedMessage request = peer.Receive()!)
        {
            Assert.That(request.Message, Is.EqualTo(new HandoverMessage(HandoverKind.Request, (uint)grant, "numbers", "")));
        }
        answer(peer);
        if (endsAfterwards)
        {
            peer.EndSending();
        }
        return _client.ReadLine();
    }

    private Socket Accept() => _listener.AcceptAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
}
