using System.Runtime.InteropServices;
using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>Dying, or pausing, at a chosen step. A kill is SIGKILL, which nothing in the process can soften.</summary>
internal static partial class DeathCommands
{
    private const int SigKill = 9;

    /// <summary>PATH COUNT: publishes COUNT messages, opens a claim and dies in it.</summary>
    internal static int DieInClaim(string[] arguments)
    {
        OpenClaim(arguments);
        return Die();
    }

    /// <summary>PATH COUNT: publishes COUNT messages, opens a claim, says so, and commits it when told to.</summary>
    internal static int PauseInClaim(string[] arguments)
    {
        Claim claim = OpenClaim(arguments);
        Console.WriteLine("in claim");
        Console.ReadLine();
        claim.Payload.Fill(42);
        claim.Commit();
        Console.WriteLine("committed");
        return 0;
    }

    /// <summary>PATH [SEED]: commits a message, of a row the first, and dies before it looks whether somebody sleeps.</summary>
    internal static unsafe int DieBeforeWake(string[] arguments)
    {
        Topic topic = Topic.Open(arguments[0]);
        // Holds the slot, as every publisher does; the message is then written with the ring's own code, without the wake.
        Publisher publisher = topic.CreatePublisher();
        string path = topic.Lanes ? $"{arguments[0]}.lane{publisher.Slot}" : arguments[0];
        RegionFile file = RegionFile.Open(path, RegionOptions.Default, readOnly: false);
        Region region = Region.Map(file, RegionOptions.Default, readOnly: false);
        RingProducer ring = new(new RingMemory(region.Address, region.Geometry, file.Header.Key), topic.Lanes ? 0 : publisher.Slot);
        Console.WriteLine("at it");
        // Told when the subscriber, which the joining of a publisher wakes, sleeps again.
        Console.ReadLine();
        ReadOnlySpan<byte> words = arguments.Length > 1
            ? new NumberedMessages(StreamCommands.Parse(arguments[1]), topic.MaxMessageLength)[0]
            : "the last words"u8;
        if (!ring.TryClaim((uint)words.Length, 0, out byte* place))
        {
            throw new InvalidOperationException("No room.");
        }
        words.CopyTo(new Span<byte>(place, words.Length));
        ring.Commit((uint)words.Length, (uint)words.Length);
        return Die();
    }

    /// <summary>PATH LENGTH: publishes messages of a length without end; sleeps when there is no room.</summary>
    internal static int PublishWithoutEnd(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Publisher publisher = topic.CreatePublisher(WaitStrategy.Park);
        byte[] payload = new byte[StreamCommands.Parse(arguments[1])];
        while (true)
        {
            publisher.Publish(payload);
        }
    }

    /// <summary>PATH PLACE: becomes the owner of a subscriber's place, and dies before it has found where to begin.</summary>
    internal static unsafe int DieWhileJoining(string[] arguments)
    {
        using RegionFile file = RegionFile.Open(arguments[0], RegionOptions.Default, readOnly: false);
        Region region = Region.Map(file, RegionOptions.Default, readOnly: false);
        RingSlot slot = SlotOwner.Acquire(region, region.Ring(), EndpointRole.Subscriber, new PlaceName(arguments[1])).Slot;
        Atomic.StoreRelease(slot.StateAndGeneration, (*slot.Generation + 1UL) << 32 | (uint)SlotState.Joining);
        return Die();
    }

    /// <summary>PATH ROLE: holds a slot until the input ends.</summary>
    internal static int Hold(string[] arguments)
    {
        using Topic topic = Topic.OpenOrCreate(arguments[0]);
        using Endpoint endpoint = arguments[1] == "publisher" ? topic.CreatePublisher() : topic.CreateSubscriber();
        Console.WriteLine("holding");
        Console.ReadLine();
        return 0;
    }

    /// <summary>PATH ACKNOWLEDGE COUNT: reads COUNT messages and dies with the last one in hand.</summary>
    internal static int ReadThenDie(string[] arguments)
    {
        Topic topic = Topic.Open(arguments[0]);
        Subscriber subscriber = topic.CreateSubscriber(acknowledge: Enum.Parse<Acknowledge>(arguments[1]));
        for (ulong count = StreamCommands.Parse(arguments[2]); count > 0; count--)
        {
            subscriber.Read();
        }
        return Die();
    }

    /// <summary>PATH COUNT ACKNOWLEDGED [PLACE]: reads COUNT messages, acknowledges so many of them by the receipt of the last of those, and dies.</summary>
    internal static int AcknowledgeThenDie(string[] arguments)
    {
        Topic topic = Topic.Open(arguments[0]);
        Subscriber subscriber = topic.CreateSubscriber(acknowledge: Acknowledge.Explicitly, place: arguments.Length > 3 ? arguments[3] : null);
        List<MessageReceipt> receipts = [];
        for (ulong count = StreamCommands.Parse(arguments[1]); count > 0; count--)
        {
            subscriber.Read();
            receipts.Add(subscriber.GetReceipt());
        }
        subscriber.Acknowledge(receipts[(int)StreamCommands.Parse(arguments[2]) - 1]);
        return Die();
    }

    private static Claim OpenClaim(string[] arguments)
    {
        Topic topic = Topic.Open(arguments[0]);
        Publisher publisher = topic.CreatePublisher();
        for (ulong i = 0; i < StreamCommands.Parse(arguments[1]); i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        if (!publisher.TryClaim(100, out Claim claim))
        {
            throw new InvalidOperationException("No room.");
        }
        claim.Payload.Fill(41);
        return claim;
    }

    private static int Die() => kill(Environment.ProcessId, SigKill);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
