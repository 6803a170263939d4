using ShmBus.Regions;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Contracts;

/// <summary>What a topic keeps of those who came, and whom it refuses: the same for every kind of region.</summary>
[TestFixture("file")]
[TestFixture("lanes")]
[TestFixture("memfd")]
[TestFixture("in-process")]
[TestFixture("in-process lanes")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Agreement : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Topic _topic;

    public Agreement(string kind)
    {
        TopicOptions lanes = new() { Lanes = true, Publishers = 2 };
        _topic = kind switch
        {
            "file" => Topic.OpenOrCreate(_directory.File("t")),
            "lanes" => Topic.OpenOrCreate(_directory.File("t"), lanes),
            "memfd" => Topic.CreateAnonymous(),
            "in-process" => Topic.CreateInProcess(),
            _ => Topic.CreateInProcess(lanes),
        };
    }

    private string? Kept => _topic.Contract?.ToString();

    public void Dispose()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void A_topic_keeps_the_contract_of_the_first_and_the_members_of_all()
    {
        Assert.That(Kept, Is.Null);
        Agree("msgpack App.Order Order{0:guid,1:[Line]} Line{0:str}");
        Assert.That(Kept, Is.EqualTo("msgpack App.Order Order{0:guid,1:[Line]} Line{0:str}"));
        Agree("msgpack App.Order Order{2:i32}");
        Agree("msgpack App.Order Order{1:[Line],3:Kind} Kind(0:A,1:B) Line{7:f64}");
        Assert.That(Kept, Is.EqualTo("msgpack App.Order Order{0:guid,1:[Line],2:i32,3:Kind} Line{0:str,7:f64} Kind(0:A,1:B)"));
        Assert.That(_topic.Inspect().Contract, Is.EqualTo(_topic.Contract));
    }

    [Test]
    public void A_topic_without_members_to_speak_of_keeps_format_and_name()
    {
        Agree("utf8 string");
        Agree("utf8 string");
        Assert.That(Kept, Is.EqualTo("utf8 string"));
    }

    [TestCase("json App.Order Order{0:guid!} Kind(0:A,1:B)", "the format is json here and msgpack there")]
    [TestCase("msgpack App.Bill Order{0:guid!} Kind(0:A,1:B)", "the type is App.Bill here and App.Order there")]
    [TestCase("msgpack App.Order Bill{0:guid!} Kind(0:A,1:B)", "the message is Bill here and Order there")]
    [TestCase("msgpack App.Order Order{0:str} Kind(0:A,1:B)", "Order.0 is str here and guid! there")]
    [TestCase("msgpack App.Order Order{1:str} Kind(0:A,1:B)", "Order.0 is missing here")]
    [TestCase("msgpack App.Order Order{0:guid!,1:i8!} Kind(0:A,1:B)", "Order.1 is missing there")]
    [TestCase("msgpack App.Order Order{0:guid!} Kind(0:A)", "Kind.1 is missing here")]
    [TestCase("msgpack App.Order Order{0:guid!} Kind(0:A,1:B,2:C)", "Kind.2 is missing there")]
    [TestCase("msgpack App.Order Order{0:guid!} Kind(1:B,0:A)", "another order")]
    [TestCase("msgpack App.Order Order{0:guid!} Kind{0:A,1:B}", "Kind may grow on one side only")]
    [TestCase("msgpack App.Order", "the shapes differ")]
    public void Who_comes_with_another_contract_is_refused_and_shown_both(string given, string difference)
    {
        const string kept = "msgpack App.Order Order{0:guid!} Kind(0:A,1:B)";
        Agree(kept);
        ContractMismatchException refusal = Assert.Throws<ContractMismatchException>(() => Agree(given));
        Assert.Multiple(() =>
        {
            Assert.That(refusal.Message, Does.Contain(difference).And.Contain($"'{kept}'").And.Contain($"'{given}'").And.Contain(_topic.Source.DisplayPath));
            Assert.That(refusal.Found.ToString(), Is.EqualTo(kept));
            Assert.That(refusal.Given.ToString(), Is.EqualTo(given));
            Assert.That(Kept, Is.EqualTo(kept), "it was not changed");
        });
    }

    [Test]
    public void One_whose_shape_is_too_large_is_kept_by_its_hash_and_agrees_with_the_very_same_only()
    {
        MessageContract large = new("msgpack", "Large", Large(1));
        _topic.AgreeOn(large);
        _topic.AgreeOn(large);
        Assert.That(Kept, Does.Match("^msgpack Large sha256:[0-9a-f]{64}$"));
        Assert.That(() => _topic.AgreeOn(new MessageContract("msgpack", "Large", Large(2))),
            Throws.TypeOf<ContractMismatchException>().With.Message.Contains("too large to be kept"));
        Assert.That(() => Agree("msgpack Large Large{0:i32}"), Throws.TypeOf<ContractMismatchException>().With.Message.Contains("too large to be kept"));
        Assert.That(() => _topic.AgreeOn(new MessageContract("json", "Large", Large(1))), Throws.TypeOf<ContractMismatchException>().With.Message.Contains("the format is json here"));
    }

    [Test]
    public void A_text_that_is_too_long_is_not_kept_however_well_it_can_be_compressed()
    {
        Agree($"msgpack Even {new string('x', RegionContract.MaxTextLength)}");
        Assert.That(Kept, Does.StartWith("msgpack Even sha256:"));
    }

    [Test]
    public void Additions_that_there_is_no_room_for_are_refused()
    {
        Agree("msgpack Large Large{0:i32}");
        Assert.That(() => _topic.AgreeOn(new MessageContract("msgpack", "Large", Large(1))), Throws.TypeOf<ContractMismatchException>().With.Message.Contains("too many to be kept"));
        Agree("msgpack Large Large{1:i32}");
        Assert.That(Kept, Is.EqualTo("msgpack Large Large{0:i32,1:i32}"));
    }

    [Test]
    public void A_name_that_there_is_no_room_for_is_a_mistake() =>
        Assert.That(() => Agree($"msgpack {Noise(3, 4000)}"), Throws.ArgumentException.With.Message.Contains("too long"));

    [Test]
    public void Threads_that_add_at_once_lose_nothing([Values] bool sharesTopic)
    {
        if (!sharesTopic && _topic.Path is null && _topic.Source is RegionFile)
        {
            sharesTopic = true; // A memfd has no path to be opened by.
        }
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            using Topic? own = sharesTopic ? null : _topic.Path is { } path ? Topic.Open(path) : _topic.Share(TopicOptions.Default);
            for (int j = 0; j < 4; j++)
            {
                (own ?? _topic).AgreeOn(new MessageContract("test", "T", $"T{{{(10 * i) + j}:i32}}"));
            }
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.That(Members(_topic.Contract!), Is.EquivalentTo(Enumerable.Range(0, 8).SelectMany(static i => Enumerable.Range(10 * i, 4)).Select(static key => $"{key}:i32")));
    }

    [Test]
    public void A_disposed_topic_says_so()
    {
        _topic.Dispose();
        Assert.That(() => Agree("utf8 string"), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => _topic.Contract, Throws.TypeOf<ObjectDisposedException>());
    }

    internal static IEnumerable<string> Members(MessageContract contract) => contract.Shape[(contract.Shape.IndexOf('{', StringComparison.Ordinal) + 1)..^1].Split(',');

    /// <summary>A shape of names that cannot be compressed to what there is room for.</summary>
    private static string Large(int seed) => $"Large{{{string.Join(',', Enumerable.Range(1000, 200).Select(i => $"{i}:{Noise((seed * 10_000) + i, 20)}"))}}}";

    private static string Noise(int seed, int length)
    {
        Random random = new(seed);
        return new string([.. Enumerable.Range(0, length).Select(_ => (char)random.Next('A', 'z' + 1))]);
    }

    private void Agree(string contract)
    {
        Assert.That(MessageContract.TryParse(contract, out MessageContract? parsed), contract);
        _topic.AgreeOn(parsed!);
    }
}
