using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.TestPeer;
using ShmBus.Tests.Regions;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Peers;

/// <summary>
/// A publisher and a subscriber in C, written from LAYOUT.md alone, with those in C#: what the document says is what the code does,
/// and it is enough. Each message arrives once, in order and intact; none is lost by a kill of either side but an open claim.
/// </summary>
internal sealed class CPeerTests
{
    private const int Capacity = 8192; // small, so that it is full and empty often
    private const int Roomy = 1 << 20; // messages so large that a kill finds their claim open
    private const long Endless = long.MaxValue / 16;

    private CPrograms _programs = null!;
    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;
    private Journal _journal = null!;

    public enum Language
    {
        C,
        CSharp,
    }

    [OneTimeSetUp]
    public void Build() => _programs = new CPrograms();

    [OneTimeTearDown]
    public void Remove() => _programs?.Dispose();

    [SetUp]
    public void SetUp()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
        _journal = new Journal(_directory.File("journal"));
    }

    [TearDown]
    public void TearDown()
    {
        _topic?.Dispose();
        _journal.Dispose();
        _directory.Dispose();
    }

    [TestCase(Language.C, Language.CSharp)]
    [TestCase(Language.CSharp, Language.C)]
    [TestCase(Language.C, Language.C)]
    public void Every_message_arrives_once_in_order_and_intact(Language from, Language to)
    {
        const int count = 500_000;
        Create(publishers: 1);
        using PeerProcess subscriber = StartSubscriber(to, types: 1, count);
        using PeerProcess publisher = StartPublisher(from, type: 0, count);
        publisher.Expect("sent");
        subscriber.Expect("received");
        Assert.Multiple(() =>
        {
            Assert.That(Sleeps(EndpointRole.Publisher), Is.GreaterThan(10), "The publisher waited for room.");
            Assert.That(Sleeps(EndpointRole.Subscriber), Is.GreaterThan(10), "The subscriber waited for messages.");
        });
    }

    [Test]
    public void Extras_from_C_arrive_as_they_were_written()
    {
        const int count = 2000;
        Create(publishers: 1);
        using PeerProcess publisher = StartPublisher(Language.C, type: 0, count);
        NumberedMessages messages = new(Seed, _topic.MaxMessageLength);
        using Subscriber subscriber = _topic.CreateSubscriber();
        HashSet<(bool, bool, bool, bool)> combinations = [];
        for (int number = 0; number < count; number++)
        {
            Message message = subscriber.Read();
            messages.Verify(number, message);
            combinations.Add((message.Timestamp is null, message.CorrelationId is null, message.TraceContext is null, message.TraceState.IsEmpty));
        }
        publisher.Expect("sent");
        Assert.That(combinations, Has.Count.EqualTo(16));
    }

    [Test]
    public void Extras_from_CSharp_arrive_as_they_were_given()
    {
        Create(publishers: 1);
        using Publisher publisher = _topic.CreatePublisher();
        TraceContext trace = new(new UInt128(0x0af7651916cd43dd, 0x8448eb211c80319c), 0xb7ad6b7169203331, System.Diagnostics.ActivityTraceFlags.Recorded);
        MessageExtras about = new() { CorrelationId = new Guid("00112233-4455-6677-8899-aabbccddeeff") };
        publisher.Publish("all"u8, 1, about with { Timestamp = DateTimeOffset.UnixEpoch.AddTicks(12_345), TraceContext = trace, TraceState = "vendor=1" });
        Assert.That(publisher.TryClaim(100, 2, about, out Claim claim), Is.True);
        "some"u8.CopyTo(claim.Payload);
        claim.Commit(4);
        publisher.Publish("none"u8, 3);
        Show("type 1, 3 bytes: all; at 1234500; about 00112233445566778899aabbccddeeff; trace 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 01; state vendor=1");
        Show("type 2, 4 bytes: some; about 00112233445566778899aabbccddeeff");
        Show("type 3, 4 bytes: none");

        void Show(string expected)
        {
            using PeerProcess reader = PeerProcess.StartProgram(_programs.Subscriber, _path, "show");
            reader.Expect("ready");
            reader.Expect(expected);
            Assert.That(reader.ExitCode(), Is.Zero);
        }
    }

    [Test]
    public void Publishers_in_both_languages_share_a_topic([Values] Language to)
    {
        const int count = 100_000;
        Create(publishers: 4);
        using PeerProcess subscriber = StartSubscriber(to, types: 4, count);
        PeerProcess[] publishers = [.. Enumerable.Range(0, 4).Select(type => StartPublisher(LanguageOf(type), (uint)type, count))];
        try
        {
            foreach (PeerProcess publisher in publishers)
            {
                publisher.Expect("sent");
            }
            subscriber.Expect("received");
        }
        finally
        {
            DisposeAll(publishers);
        }
    }

    [Test]
    public void Publishers_killed_at_random_lose_nothing_but_open_claims([Values] Language from, [Values(Capacity, Roomy)] int capacity)
    {
        const int kills = 20;
        Language to = from == Language.C ? Language.CSharp : Language.C;
        Create(publishers: 1, capacity);
        using PeerProcess subscriber = StartSubscriber(to, types: 1, Endless);
        for (int i = 0; i < kills; i++)
        {
            using PeerProcess publisher = StartPublisher(from, type: 0, Endless);
            AwaitMessages(type: 0, Random.Shared.Next(1, 1001));
            publisher.Kill();
            AwaitRead(_topic.Inspect().PublishedBytes);
        }
        ReportLosses(kills);
    }

    [Test]
    public void Both_sides_in_both_languages_are_killed_at_random([Values(1, 4)] int types, [Values(Capacity, Roomy)] int capacity)
    {
        const int kills = 24;
        Create(publishers: types, capacity);
        int publishersKilled = 0;
        PeerProcess[] publishers = [.. Enumerable.Range(0, types).Select(type => StartPublisher(LanguageOf(type), (uint)type, Endless))];
        PeerProcess subscriber = StartSubscriber(Language.C, types, Endless);
        try
        {
            for (int i = 0; i < kills; i++)
            {
                for (uint type = 0; type < types; type++)
                {
                    AwaitMessages(type, Random.Shared.Next(1, 201));
                }
                if (i % 2 == 0)
                {
                    int type = Random.Shared.Next(types);
                    publishers[type].Kill();
                    publishersKilled++;
                    // Its successor goes on with what it had not published.
                    AwaitRead(_topic.Inspect().PublishedBytes);
                    publishers[type].Dispose();
                    publishers[type] = StartPublisher(LanguageOf(type + i / 2), (uint)type, Endless);
                }
                else
                {
                    subscriber.Dispose();
                    subscriber = StartSubscriber(LanguageOf(i / 2), types, Endless);
                }
            }
            foreach (PeerProcess publisher in publishers)
            {
                publisher.Kill();
            }
            AwaitRead(_topic.Inspect().PublishedBytes);
        }
        finally
        {
            DisposeAll([.. publishers, subscriber]);
        }
        ReportLosses(publishersKilled + types);
    }

    [Test]
    public void Claim_of_a_killed_C_publisher_is_passed_by_while_a_reader_sleeps()
    {
        Create(publishers: 1);
        using PeerProcess reader = PeerProcess.Start("park", _path);
        string thread = reader.ReadLine();
        using (PeerProcess publisher = PeerProcess.StartProgram(_programs.Publisher, "hold-claim", _path, 100))
        {
            publisher.Expect("in claim");
            Until.Asleep(reader.Id, thread);
            publisher.Kill();
        }
        Until.True(() => _topic.Inspect().PendingBytes == 0);
        Assert.That((Slot.Losses, Slot.LostBytes), Is.EqualTo((1, 128)));
        using Publisher successor = _topic.CreatePublisher();
        successor.Publish("next"u8);
        reader.Expect("got 4");
    }

    [Test]
    public void Claim_of_a_killed_CSharp_publisher_is_passed_by_while_a_C_reader_sleeps()
    {
        Create(publishers: 1);
        using PeerProcess reader = StartSubscriber(Language.C, types: 1, count: 1000);
        Until.Asleep(reader.Id, $"{reader.Id}");
        using PeerProcess killed = PeerProcess.Start("die-in-claim", _path, 0);
        killed.ExitCode();
        Until.True(() => _topic.Inspect().PendingBytes == 0);
        Assert.That((Slot.Losses, Slot.LostBytes), Is.EqualTo((1, 128)));
        Until.Asleep(reader.Id, $"{reader.Id}");
        using PeerProcess successor = StartPublisher(Language.CSharp, type: 0, count: 1000);
        reader.Expect("received");
    }

    [Test]
    public void C_publisher_paused_in_a_claim_is_waited_for()
    {
        Create(publishers: 1);
        using Subscriber subscriber = _topic.CreateSubscriber();
        using PeerProcess publisher = PeerProcess.StartProgram(_programs.Publisher, "hold-claim", _path, 100);
        publisher.Expect("in claim");
        publisher.Stop();
        Assert.That(subscriber.WaitToRead(TimeSpan.FromMilliseconds(500)), Is.False);
        Assert.That(subscriber.Losses, Is.Zero);
        Assert.That(() => _topic.CreatePublisher(), Throws.TypeOf<EndpointInUseException>());
        publisher.Continue();
        publisher.WriteLine("go");
        Message message = subscriber.Read();
        Assert.That(message.Payload.Length, Is.EqualTo(100));
        Assert.That(message.Payload.ContainsAnyExcept((byte)42), Is.False);
    }

    [Test]
    public void C_reader_waits_for_an_open_claim_of_the_living()
    {
        Create(publishers: 1);
        using Publisher publisher = _topic.CreatePublisher();
        NumberedMessages messages = new(Seed, _topic.MaxMessageLength);
        Assert.That(publisher.TryClaim(messages.Length(0), out Claim claim), Is.True);
        using PeerProcess reader = StartSubscriber(Language.C, types: 1, count: 1);
        Until.Asleep(reader.Id, $"{reader.Id}");
        Assert.That(Slot.Losses, Is.Zero);
        messages.Fill(0, claim.Payload);
        claim.Commit();
        reader.Expect("received");
        Assert.That(_topic.Inspect().PendingBytes, Is.Zero);
    }

    [Test]
    public void C_publisher_killed_between_its_stamp_and_the_wake_leaves_no_sleeper()
    {
        Create(publishers: 1);
        using PeerProcess reader = PeerProcess.Start("park", _path);
        string thread = reader.ReadLine();
        using PeerProcess publisher = PeerProcess.StartProgram(_programs.Publisher, "die-before-wake", _path);
        publisher.Expect("at it");
        Until.Asleep(reader.Id, thread);
        publisher.WriteLine("go");
        reader.Expect("got 14");
    }

    [Test]
    public void CSharp_publisher_killed_between_its_stamp_and_the_wake_leaves_no_C_sleeper()
    {
        Create(publishers: 1);
        using PeerProcess reader = StartSubscriber(Language.C, types: 1, count: 1);
        using PeerProcess publisher = PeerProcess.Start("die-before-wake", _path, Seed);
        publisher.Expect("at it");
        Until.Asleep(reader.Id, $"{reader.Id}");
        publisher.WriteLine("go");
        reader.Expect("received");
    }

    [TestCase(Language.C, Language.CSharp)]
    [TestCase(Language.CSharp, Language.C)]
    public void Successor_of_a_killed_subscriber_goes_on_within_the_batch(Language killed, Language successor)
    {
        const int count = 5;
        Create(publishers: 1);
        using Publisher publisher = _topic.CreatePublisher();
        // The first seed whose first messages fit into one batch.
        MessageBatch batch = new();
        for (Seed = 0; batch.Count == 0 || batch.Length > _topic.MaxMessageLength; Seed++)
        {
            batch.Clear();
            NumberedMessages messages = new(Seed + 1, _topic.MaxMessageLength);
            for (int i = 0; i < count; i++)
            {
                batch.Add(messages[i]);
            }
        }
        publisher.Publish(batch);
        using (PeerProcess dies = killed == Language.C
            ? PeerProcess.StartProgram(_programs.Subscriber, _path, Seed, 1, 3, _directory.File("journal"), "die")
            : PeerProcess.Start("read-then-die", _path, Acknowledge.AfterHandling, 3))
        {
            dies.ExitCode();
        }
        // The third is in hand, not dealt with.
        if (killed == Language.CSharp)
        {
            _journal.Add(0, 0);
            _journal.Add(0, 0);
        }
        Assert.That(_journal.Count(0), Is.EqualTo(2));
        using PeerProcess next = StartSubscriber(successor, types: 1, count);
        next.Expect("received");
    }

    [Test]
    public void C_publisher_finds_the_room_that_a_killed_subscriber_had_read()
    {
        Create(publishers: 1);
        int record = _topic.Capacity / 16;
        using (Publisher publisher = _topic.CreatePublisher())
        {
            for (int i = 0; i < 16; i++)
            {
                Assert.That(publisher.TryPublish(new byte[record - RecordDescriptor.HeaderSize]), Is.True);
            }
        }
        using PeerProcess waiting = PeerProcess.StartProgram(_programs.Publisher, "hold-claim", _path, (3 * record) - RecordDescriptor.HeaderSize);
        Until.Asleep(waiting.Id, $"{waiting.Id}");
        // It dies with the fourth in hand: it gave back two, an eighth of the ring.
        using PeerProcess killed = PeerProcess.Start("read-then-die", _path, Acknowledge.AfterHandling, 4);
        killed.ExitCode();
        waiting.Expect("in claim");
    }

    [Test]
    public void Places_in_both_languages_get_every_message_whoever_is_killed([Values] Language from)
    {
        const int kills = 6;
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast });
        using Journal other = new(_directory.File("journal of C#"));
        PeerProcess inC = StartPlace(Language.C);
        PeerProcess inCSharp = StartPlace(Language.CSharp);
        PeerProcess publisher = StartPublisher(from, type: 0, Endless);
        try
        {
            for (int i = 0; i < kills; i++)
            {
                AwaitMessages(type: 0, Random.Shared.Next(1, 51));
                (i % 2 == 0 ? inC : inCSharp).Dispose();
                (inC, inCSharp) = i % 2 == 0 ? (StartPlace(Language.C), inCSharp) : (inC, StartPlace(Language.CSharp));
            }
            publisher.Kill();
            long published = _topic.Inspect().PublishedBytes;
            Until.True(() => _topic.Inspect().Endpoints.Where(static endpoint => endpoint.PlaceName is not null).All(static endpoint => endpoint.PendingBytes == 0));
            Assert.That(_journal.Count(0), Is.Positive.And.EqualTo(other.Count(0)));
            TestContext.Out.WriteLine($"{kills} kills of subscribers, {published:n0} bytes, {other.Count(0):n0} messages");
        }
        finally
        {
            DisposeAll([inC, inCSharp, publisher]);
        }

        PeerProcess StartPlace(Language language)
        {
            PeerProcess subscriber = language == Language.C
                ? PeerProcess.StartProgram(_programs.Subscriber, _path, Seed, 1, Endless, _directory.File("journal"), "at", "C")
                : PeerProcess.Start("keep-journal", _path, WaitStrategy.Park, Seed, 1, Endless, _directory.File("journal of C#"), "C#");
            subscriber.Expect("ready");
            return subscriber;
        }
    }

    [TestCase(Language.C, Language.CSharp)]
    [TestCase(Language.CSharp, Language.C)]
    [TestCase(Language.C, Language.C)]
    public void Reader_that_lags_too_far_is_evicted_and_told(Language from, Language to)
    {
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast, EvictionLag = Capacity });
        using PeerProcess reader = to == Language.C ? StartSubscriber(to, types: 1, Endless) : PeerProcess.Start("skim", _path, Seed, 0);
        if (to == Language.CSharp)
        {
            reader.Expect("ready");
        }
        reader.Stop();
        using PeerProcess publisher = StartPublisher(from, type: 0, 1000);
        publisher.Expect("sent");
        Assert.That(Slot.IsEvicted, Is.True);
        reader.Continue();
        if (to == Language.CSharp)
        {
            reader.Expect("evicted");
        }
        else
        {
            Assert.That(reader.ReadLine, Throws.TypeOf<AssertionException>().With.Message.Contains("evicted at"));
        }
    }

    [TestCase(Language.C, Language.CSharp)]
    [TestCase(Language.CSharp, Language.C)]
    [TestCase(Language.C, Language.C)]
    public void Topic_that_overwrites_is_read_to_its_end_and_every_message_is_whole(Language from, Language to)
    {
        const int count = 300_000;
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite });
        using PeerProcess? reader = to == Language.C ? StartSubscriber(to, types: 1, count) : null;
        using Subscriber subscriber = _topic.CreateSubscriber();
        using PeerProcess publisher = StartPublisher(from, type: 0, count);
        if (reader is not null)
        {
            publisher.Expect("sent");
            Assert.That(reader.ReadLine(), Does.Match("^received all but [0-9]+ bytes$"));
            return;
        }
        NumberedMessages messages = new(Seed, _topic.MaxMessageLength);
        long next = 0;
        bool isKnown = true;
        subscriber.Lost += (_, _) => isKnown = false;
        while (next < count)
        {
            Message message = subscriber.Read();
            if (!isKnown && message.Payload.Length >= sizeof(long))
            {
                long number = BitConverter.ToInt64(message.Payload);
                Assert.That(number, Is.GreaterThanOrEqualTo(next));
                (next, isKnown) = (number, true);
            }
            if (isKnown)
            {
                messages.Verify(next, message.Payload);
                next++;
            }
        }
        publisher.Expect("sent");
        TestContext.Out.WriteLine($"{subscriber.MissedBytes:n0} bytes were missed");
    }

    [TestCase(0, "magic")]
    [TestCase(8, "major version")]
    [TestCase(16, "required features")]
    [TestCase(32, "pages")]
    [TestCase(40, "slots")]
    [TestCase(64, "capacity")]
    [TestCase(72, "do not follow")]
    [TestCase(92, "delivery")]
    [TestCase(300, "checksum")]
    public void C_peer_refuses_a_header_that_is_wrong(int offset, string reason)
    {
        Create(publishers: 1);
        byte[] header = File.ReadAllBytes(_path)[..RegionDescriptor.HeaderSize];
        header[offset] ^= 0x80;
        HeaderFile.Write(_path, 0, reason == "checksum" ? header : HeaderFile.Seal(header));
        ExpectRefusal(reason);
    }

    [Test]
    public void C_peer_refuses_what_is_no_whole_region_of_its_own()
    {
        ExpectRefusal("No such file");
        File.WriteAllBytes(_path, HeaderFile.Valid(Capacity));
        ExpectRefusal("others can write", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        ExpectRefusal("a file of 512 bytes", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(_path, HeaderFile.Valid(Capacity)[..511]);
        ExpectRefusal("too short");
        File.Delete(_path);
        File.CreateSymbolicLink(_path, _directory.File("journal"));
        ExpectRefusal("not a regular file");
    }

    private ulong Seed { get; set; } = 1;

    private EndpointInfo Slot => _topic.Inspect().Endpoints.Single(static endpoint => endpoint.Role == EndpointRole.Subscriber);

    private static Language LanguageOf(int number) => number % 2 == 0 ? Language.C : Language.CSharp;

    private void Create(int publishers, int capacity = Capacity) =>
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = Math.Max(capacity, Environment.SystemPageSize), Publishers = publishers });

    /// <summary>A publisher of one row, which begins where the journal says.</summary>
    private PeerProcess StartPublisher(Language language, uint type, long count)
    {
        long first = _journal.Count(type);
        PeerProcess publisher = language == Language.C
            ? PeerProcess.StartProgram(_programs.Publisher, "send", _path, Seed + type, type, first, count)
            : PeerProcess.Start("send", _path, WaitStrategy.Park, Seed + type, first, count, type);
        publisher.Expect("ready");
        return publisher;
    }

    private PeerProcess StartSubscriber(Language language, int types, long count)
    {
        string journal = _directory.File("journal");
        PeerProcess subscriber = language == Language.C
            ? PeerProcess.StartProgram(_programs.Subscriber, _path, Seed, types, count, journal)
            : PeerProcess.Start("keep-journal", _path, WaitStrategy.Park, Seed, types, count, journal);
        subscriber.Expect("ready");
        return subscriber;
    }

    /// <summary>Waits until so many more messages of a type were read: whoever is killed then is at work, however slow the machine is.</summary>
    private void AwaitMessages(uint type, long count)
    {
        long until = _journal.Count(type) + count;
        Until.True(() => _journal.Count(type) >= until);
    }

    /// <summary>Waits until the subscriber has passed a number of published bytes.</summary>
    private void AwaitRead(long bytes) =>
        Until.True(() => _topic.Inspect() is { } now && now.PublishedBytes - now.PendingBytes >= bytes);

    private void ReportLosses(int kills)
    {
        Assert.That(Slot.Losses, Is.LessThanOrEqualTo(kills), "a kill loses at most the one claim that was open");
        Assert.That(_topic.Inspect().CorruptAt, Is.Null);
        TestContext.Out.WriteLine($"{kills} kills of publishers, {_topic.Inspect().PublishedBytes:n0} bytes, {Slot.Losses} open claims lost");
    }

    /// <summary>How often the owner of the first slot of a kind has slept, by the count in its slot.</summary>
    private long Sleeps(EndpointRole role)
    {
        int page = Environment.SystemPageSize;
        return BitConverter.ToUInt32(File.ReadAllBytes(_path), page + (role == EndpointRole.Publisher ? 0 : 512) + 256) / 2;
    }

    private void ExpectRefusal(string reason, UnixFileMode? mode = null)
    {
        if (mode is { } bits)
        {
            File.SetUnixFileMode(_path, bits);
        }
        Tool.Result result = Tool.Run(_programs.Publisher, "hold-claim", _path, "1");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, result.Error)));
        Assert.That(result.Error, Does.Contain(reason));
    }

    private static void DisposeAll(IEnumerable<PeerProcess> peers)
    {
        foreach (PeerProcess peer in peers)
        {
            peer.Dispose();
        }
    }
}
