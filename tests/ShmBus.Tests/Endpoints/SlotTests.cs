using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>A slot has one owner that lives, and a successor when it does not.</summary>
internal sealed class SlotTests
{
    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
        _topic = Topic.OpenOrCreate(_path);
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [TestCase(EndpointRole.Publisher)]
    [TestCase(EndpointRole.Subscriber)]
    public void Second_endpoint_is_refused_and_told_who_holds_the_slot(EndpointRole role)
    {
        using PeerProcess peer = PeerProcess.Start("hold", _path, role == EndpointRole.Publisher ? "publisher" : "subscriber");
        peer.Expect("holding");
        EndpointInUseException exception = Assert.Throws<EndpointInUseException>(() => Create(role).Dispose());
        Assert.That(exception.Role, Is.EqualTo(role));
        Assert.That(exception.Holders.Single().ProcessId, Is.EqualTo(peer.Id));
        Assert.That(exception.Message, Does.Contain($"process {peer.Id}").And.Contain(_path));
        peer.WriteLine("end");
        peer.ExitCode();
        Create(role).Dispose();
    }

    [TestCase(EndpointRole.Publisher)]
    [TestCase(EndpointRole.Subscriber)]
    public void Slot_of_a_killed_holder_is_taken_over_at_once(EndpointRole role)
    {
        using PeerProcess peer = PeerProcess.Start("hold", _path, role == EndpointRole.Publisher ? "publisher" : "subscriber");
        peer.Expect("holding");
        peer.Kill();
        Assert.That(_topic.Inspect().Endpoints.Single().IsAlive, Is.False);
        using Endpoint successor = Create(role);
        EndpointInfo slot = _topic.Inspect().Endpoints.Single();
        Assert.That((slot.IsAlive, slot.ProcessId), Is.EqualTo((true, Environment.ProcessId)));
    }

    [Test]
    public void Second_endpoint_in_the_same_process_is_refused_as_well()
    {
        using Publisher publisher = _topic.CreatePublisher();
        Assert.Throws<EndpointInUseException>(() => _topic.CreatePublisher());
        using Topic again = Topic.Open(_path);
        Assert.Throws<EndpointInUseException>(() => again.CreatePublisher());
        publisher.Publish([1]);
    }

    private Endpoint Create(EndpointRole role) => role == EndpointRole.Publisher ? _topic.CreatePublisher() : _topic.CreateSubscriber();
}
