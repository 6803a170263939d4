namespace ShmBus.TestPeer;

/// <summary>Subscribers of a broadcast.</summary>
internal static class BroadcastCommands
{
    /// <summary>PATH [PLACE]: is a subscriber that reads nothing, until the input ends.</summary>
    internal static int Hold(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber(place: arguments.ElementAtOrDefault(1));
        Console.WriteLine("holding");
        Console.ReadLine();
        return 0;
    }
}
