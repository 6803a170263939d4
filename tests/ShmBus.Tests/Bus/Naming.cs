namespace ShmBus.Tests.Buses;

/// <summary>Names that a topic of a bus may have.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Naming : IDisposable
{
    private readonly BusOfATest _bus = new();

    public void Dispose() => _bus.Dispose();

    [TestCase("a")]
    [TestCase("orders")]
    [TestCase("Orders-2_b.c")]
    [TestCase("-x")]
    [TestCase("a..b")]
    [TestCase("größe")]
    [TestCase("注文")]
    [TestCase("t.lane")]
    [TestCase("t.lanes1")]
    [TestCase("lane1")]
    public void Plain_names_are_taken(string name)
    {
        _bus.Make(name);
        Assert.That(_bus.Files, Is.EqualTo(new[] { name }));
        Assert.That(_bus.Bus.ListTopics().Single().Name, Is.EqualTo(name));
    }

    [TestCase("", "empty")]
    [TestCase(".", "starts with '.'")]
    [TestCase("..", "starts with '.'")]
    [TestCase(".hidden", "starts with '.'")]
    [TestCase("a/b", "index 1 stands '/' (U+002F)")]
    [TestCase("../b", "starts with '.'")]
    [TestCase("/dev/shm/b", "index 0 stands '/'")]
    [TestCase("a b", "index 1 stands ' ' (U+0020)")]
    [TestCase("a\0", "index 1 stands a control character (U+0000)")]
    [TestCase("a\n", "index 1 stands a control character (U+000A)")]
    [TestCase("a😀b", "index 1 stands '😀' (U+1F600)")]
    [TestCase("a\u202Eb", "index 1 stands")]
    [TestCase("a\u200Bb", "index 1 stands")]
    [TestCase("e\u0301", "index 1 stands")]
    [TestCase("t.lane0", "'.lane' and a number")]
    [TestCase("t.lane12345", "'.lane' and a number")]
    public void Other_names_are_refused_with_what_is_wrong(string name, string problem)
    {
        foreach (Action<string> use in (Action<string>[])
        [
            each => _bus.Bus.OpenTopic(each), each => _bus.Bus.OpenOrCreateTopic(each), each => _bus.Bus.InspectTopic(each), each => _bus.Bus.DeleteTopic(each),
        ])
        {
            TopicNameException refusal = Assert.Throws<TopicNameException>(() => use(name))!;
            Assert.That(refusal.Name, Is.EqualTo(name));
            Assert.That(refusal.Message, Does.Contain(problem));
        }
        Assert.That(_bus.Files, Is.Empty);
    }

    [Test]
    public void Half_a_character_is_refused() =>
        // Attributes cannot hold one.
        Other_names_are_refused_with_what_is_wrong("ab\ud800", "index 2 stands half of a character (U+D800)");

    [Test]
    public void The_longest_name_leaves_room_for_its_lanes()
    {
        string longest = new string('ü', 99) + "xy";
        _bus.Make(longest, new TopicOptions { Publishers = 64, Lanes = true });
        using Topic topic = _bus.Bus.OpenTopic(longest);
        Publisher[] publishers = [.. Enumerable.Range(0, 64).Select(_ => topic.CreatePublisher())];
        Array.ForEach(publishers, publisher => publisher.Dispose());
        Assert.That(Assert.Throws<TopicNameException>(() => _bus.Bus.OpenTopic(longest + "z"))!.Message, Does.Contain("201 bytes"));
    }
}
