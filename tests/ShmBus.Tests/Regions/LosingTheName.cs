using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>The file is deleted, moved or replaced while it is in use: messages flow on, and whoever asks is told.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LosingTheName : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    /// <summary>Each way in which a name can go, and what is found there afterwards.</summary>
    private static IEnumerable<TestCaseData> Ways()
    {
        yield return Way("deleted", RegionName.Removed, (path, _) => File.Delete(path));
        yield return Way("moved away", RegionName.Removed, (path, other) => File.Move(path, other));
        yield return Way("another file moved over it", RegionName.Replaced, (path, other) =>
        {
            File.WriteAllText(other, "x");
            File.Move(other, path, overwrite: true);
        });
        yield return Way("deleted and made anew", RegionName.Replaced, (path, _) =>
        {
            File.Delete(path);
            Topic.OpenOrCreate(path).Dispose();
        });
        yield return Way("replaced by a symbolic link to itself", RegionName.Replaced, (path, other) =>
        {
            File.Move(path, other);
            File.CreateSymbolicLink(path, other);
        });

        static TestCaseData Way(string name, RegionName expected, Action<string, string> act) => new TestCaseData(act, expected).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Ways))]
    public void Messages_flow_on_and_the_loss_is_told(Action<string, string> lose, RegionName expected)
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        using CountdownEvent told = new(2);
        publisher.NameLost += (sender, _) => Tell(sender, publisher);
        subscriber.NameLost += (sender, _) => Tell(sender, subscriber);
        Assert.That(topic.CheckName(), Is.EqualTo(RegionName.Intact));

        lose(Path, _directory.File("other"));

        Assert.That((topic.CheckName(), publisher.CheckName(), subscriber.CheckName()), Is.EqualTo((expected, expected, expected)));
        Assert.That(topic.Inspect().Name, Is.EqualTo(expected));
        told.Wait();
        publisher.Publish("on"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("on"u8), Is.True);

        void Tell(object? sender, Endpoint endpoint)
        {
            if (ReferenceEquals(sender, endpoint))
            {
                told.Signal();
            }
        }
    }

    [Test]
    public void Whoever_comes_later_meets_another_topic()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using Publisher publisher = topic.CreatePublisher();
        File.Delete(Path);
        using Topic later = Topic.OpenOrCreate(Path);
        Assert.That((later.IsNew, later.CheckName()), Is.EqualTo((true, RegionName.Intact)));
        using Publisher other = later.CreatePublisher();
        using Subscriber own = topic.CreateSubscriber();
        other.Publish("there"u8);
        publisher.Publish("here"u8);
        Assert.That(own.Read().Payload.SequenceEqual("here"u8), Is.True);
    }

    [Test]
    public void A_second_name_or_another_mode_loses_nothing()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using Publisher publisher = topic.CreatePublisher();
        int told = 0;
        publisher.NameLost += (_, _) => Interlocked.Increment(ref told);
        Posix.Link(Path, _directory.File("second"));
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Delete(_directory.File("second"));
        Assert.That(publisher.CheckName(), Is.EqualTo(RegionName.Intact));

        // A real loss comes through the same queue: it alone was told.
        using ManualResetEventSlim lost = new();
        publisher.NameLost += (_, _) => lost.Set();
        File.Delete(Path);
        lost.Wait();
        Assert.That(told, Is.EqualTo(1));
    }

    [Test]
    public void A_name_that_cannot_be_looked_at_does_not_end_the_process()
    {
        const uint stranger = 54_321;
        if (Posix.IsRoot)
        {
            Posix.ChangeOwner(_directory.Path, stranger, stranger);
        }
        using PeerProcess peer = PeerProcess.Start("region-user-name", stranger, _directory.Path);
        peer.Expect("watching");
        peer.Expect("lost");
        Assert.That(peer.ExitCode(), Is.Zero);
    }
}
