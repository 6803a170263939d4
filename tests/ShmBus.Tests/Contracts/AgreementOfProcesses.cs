using System.Diagnostics;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Contracts;

/// <summary>Processes that come to one topic with contracts of their own, at once, of other users, and killed on the way.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AgreementOfProcesses : IDisposable
{
    private const int User = 1000;

    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    [Test]
    public void What_one_process_came_with_holds_for_another()
    {
        using (PeerProcess first = PeerProcess.Start("contract-agree", "msgpack Order Order{0:guid}"))
        {
            first.Expect("ready");
            first.WriteLine(Path);
            first.Expect("agreed");
        }
        using PeerProcess other = PeerProcess.Start("contract-agree", "msgpack Order Order{0:str}");
        other.Expect("ready");
        other.WriteLine(Path);
        Assert.That(other.ReadLine(), Does.Contain("Order.0 is str here and guid there").And.Contain(Path).And.Contain("'msgpack Order Order{0:guid}'").And.Contain("'msgpack Order Order{0:str}'"));
    }

    [Test]
    public void Of_many_processes_that_add_at_once_all_are_in_the_end_kept()
    {
        const int rounds = 20;
        PeerProcess[] peers = [.. Enumerable.Range(0, 16).Select(static i => PeerProcess.Start("contract-agree", $"test T T{{0:i32!,{i + 1}:str}}"))];
        try
        {
            Array.ForEach(peers, static peer => peer.Expect("ready"));
            for (int round = 0; round < rounds; round++)
            {
                string path = _directory.File($"t{round}");
                Array.ForEach(peers, peer => peer.WriteLine(path));
                Array.ForEach(peers, static peer => peer.Expect("agreed"));
                using Topic topic = Topic.Open(path);
                Assert.That(Agreement.Members(topic.Contract!), Is.EquivalentTo(["0:i32!", .. Enumerable.Range(1, 16).Select(static i => $"{i}:str")]), $"round {round}");
            }
        }
        finally
        {
            Array.ForEach(peers, static peer => peer.Dispose());
        }
    }

    [Test]
    public void Killed_while_it_writes_it_leaves_what_was_there_or_what_it_wrote()
    {
        string[] texts = [.. Enumerable.Range(0, 3).Select(static i => $"test T T{{{i}:i32,{string.Join(',', Enumerable.Range(100 * (i + 1), 50).Select(static key => $"{key}:t{key}"))}}}")];
        Random random = new();
        HashSet<string> left = [];
        long looks = 0;
        for (int round = 0; round < 25; round++)
        {
            using Topic topic = Topic.OpenOrCreate(_directory.File($"t{round}"));
            using PeerProcess writer = PeerProcess.Start("contract-write", [topic.Path!, .. texts]);
            writer.Expect("writing");
            long end = Stopwatch.GetTimestamp() + (random.Next(2 * (int)(Stopwatch.Frequency / 1000)));
            do
            {
                Assert.That(texts, Does.Contain(topic.Contract!.ToString()));
                looks++;
            }
            while (Stopwatch.GetTimestamp() < end);
            writer.Kill();
            string kept = topic.Contract.ToString();
            Assert.That(texts, Does.Contain(kept));
            left.Add(kept);
            // Its lock is free, and what it left can be gone on with.
            topic.AgreeOn(new MessageContract("test", "T", "T{7:str}"));
            Assert.That(topic.Contract!.ToString(), Is.EqualTo($"{kept[..^1]},7:str}}"));
        }
        TestContext.Out.WriteLine($"{looks} looks, {left.Count} of {texts.Length} texts were left");
    }

    [Test]
    public void One_that_was_stopped_while_it_writes_holds_up_only_who_has_something_to_write()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        MessageContract kept = new("test", "T", "T{0:i32}");
        topic.AgreeOn(kept);
        using PeerProcess holder = PeerProcess.Start("contract-hold", 1024, Path);
        holder.Expect("True");
        topic.AgreeOn(kept);
        Assert.That(() => topic.AgreeOn(new MessageContract("test", "T", "T{0:str}")), Throws.TypeOf<ContractMismatchException>());
        MessageContract more = new("test", "T", "T{1:i32}");
        Assert.That(() => topic.AgreeOn(more), Throws.TypeOf<TimeoutException>().With.Message.Contains($"fuser {Path}"));
        holder.Kill();
        topic.AgreeOn(more);
        Assert.That(topic.Contract!.Shape, Is.EqualTo("T{0:i32,1:i32}"));
    }

    [Test]
    public void A_limit_on_the_size_of_files_is_an_error_and_does_not_end_the_process()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using PeerProcess peer = PeerProcess.Start("contract-agree-under-file-size-limit", Path);
        peer.Expect("pwrite EFBIG");
        Assert.That(peer.ExitCode(), Is.Zero);
        Assert.That(topic.Contract, Is.Null);
    }

    [Test]
    public void Who_was_handed_a_region_agrees_with_who_made_it([Values] bool isOtherUser)
    {
        if (isOtherUser)
        {
            Posix.RequireRoot("a client of another user");
        }
        string address = $"@shmbus-test-{Guid.NewGuid():N}";
        using Topic topic = Topic.CreateAnonymous();
        topic.AgreeOn(new MessageContract("test", "T", "T{0:i32}"));
        using RegionServer server = new(address, new RegionServerOptions { AllowedUsers = [0, User] });
        server.Offer(topic, grants: RegionGrants.Publish);
        server.Start();
        Confinement who = isOtherUser ? new Confinement().User(User, User) : new Confinement();
        Assert.That(Come("test T T{1:str}"), Is.EqualTo("agreed"));
        Assert.That(topic.Contract!.Shape, Is.EqualTo("T{0:i32,1:str}"));
        Assert.That(Come("test T T{0:i64}"), Does.Contain("T.0 is i64 here and i32 there"));

        string Come(string contract)
        {
            using PeerProcess peer = PeerProcess.Start(who, "contract-agree-passed", address, contract);
            return peer.ReadLine();
        }
    }
}
