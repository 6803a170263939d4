using ShmBus.Tests.Support;

namespace ShmBus.Tests.Buses;

/// <summary>Many processes make, open and delete the same topic at once.</summary>
internal sealed class Races
{
    private BusOfATest _bus = null!;

    [SetUp]
    public void SetUp() => _bus = new BusOfATest();

    [TearDown]
    public void TearDown() => _bus.Dispose();

    [Test]
    public void Of_32_processes_one_makes_the_topic_and_all_have_the_same_after_each_deletion()
    {
        const int rounds = 200;
        PeerProcess[] peers = [.. Enumerable.Range(0, 32).Select(_ => PeerProcess.Start("bus-meet", _bus.Path))];
        try
        {
            HashSet<string> keys = [];
            Array.ForEach(peers, peer => peer.Expect("ready"));
            for (int round = 0; round < rounds; round++)
            {
                Array.ForEach(peers, peer => peer.WriteLine("t"));
                string[][] answers = [.. peers.Select(peer => peer.ReadLine().Split(' '))];
                Assert.That(answers.Count(answer => answer[0] == "1"), Is.EqualTo(1), $"round {round}: one has made it");
                Assert.That(answers.Select(answer => answer[1]).Distinct().Count(), Is.EqualTo(1), $"round {round}: all have the same");
                Assert.That(keys.Add(answers[0][1]), Is.True, $"round {round}: it is another one than before");
                Assert.That(_bus.Files, Is.EqualTo(new[] { "t" }), "nothing is left of those who came second");
                Assert.Throws<TopicInUseException>(() => _bus.Bus.DeleteTopic("t"));
                Array.ForEach(peers, peer => peer.WriteLine(""));
                Array.ForEach(peers, peer => peer.Expect("gone"));
                Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
            }
            Assert.That(_bus.Files, Is.Empty);
        }
        finally
        {
            Array.ForEach(peers, peer => peer.Dispose());
        }
    }

    [TestCase(false, 600)]
    [TestCase(true, 200)]
    public void Deleters_never_take_the_name_from_one_who_has_the_topic(bool lanes, int times)
    {
        PeerProcess[] deleters = [.. Enumerable.Range(0, 2).Select(_ => PeerProcess.Start("bus-delete", _bus.Path, "t"))];
        PeerProcess[] openers = [];
        try
        {
            Array.ForEach(deleters, deleter => deleter.Expect("ready"));
            openers = [.. Enumerable.Range(0, 3).Select(_ => PeerProcess.Start("bus-come-and-go", _bus.Path, "t", lanes, times))];
            int made = openers.Sum(opener => int.Parse(opener.ReadLine()));
            Array.ForEach(deleters, deleter => deleter.WriteLine(""));
            int[][] figures = [.. deleters.Select(deleter => deleter.ReadLine().Split(' ').Select(int.Parse).ToArray())];
            int deleted = figures.Sum(figure => figure[0]);
            int refused = figures.Sum(figure => figure[1]);
            TestContext.Out.WriteLine($"made {made} times, deleted {deleted} times, refused {refused} times");
            Assert.That(refused, Is.Positive, "they met while it was in use");
            Assert.That(made, Is.GreaterThanOrEqualTo(times / 2), "and while it was not");
            int left = _bus.Bus.DeleteTopic("t") ? 1 : 0;
            Assert.That(deleted + left, Is.EqualTo(made), "each that was made was deleted once");
            Assert.That(_bus.Files, Is.Empty);
        }
        finally
        {
            Array.ForEach([.. deleters, .. openers], peer => peer.Dispose());
        }
    }
}
