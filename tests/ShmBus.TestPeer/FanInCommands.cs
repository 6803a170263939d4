using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>Many publishers of one topic.</summary>
internal static class FanInCommands
{
    /// <summary>
    /// PATH FIRST PUBLISHERS COUNT: publishers FIRST to FIRST + PUBLISHERS - 1, each on a thread of its own, each of which publishes COUNT
    /// messages of its number and theirs. Says when all of them are there, and begins when told to.
    /// </summary>
    internal static int Send(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        int first = (int)StreamCommands.Parse(arguments[1]);
        int count = (int)StreamCommands.Parse(arguments[3]);
        Publisher[] publishers = [.. Enumerable.Range(0, (int)StreamCommands.Parse(arguments[2])).Select(_ => topic.CreatePublisher())];
        Console.WriteLine("ready");
        Console.ReadLine();
        Thread[] threads = [.. publishers.Select((publisher, index) => new Thread(() => Send(publisher, first + index, count)))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Array.ForEach(publishers, static publisher => publisher.Dispose());
        Console.WriteLine("sent");
        return 0;
    }

    private static void Send(Publisher publisher, int name, int count)
    {
        for (int number = 0; number < count; number++)
        {
            publisher.Publish(MemoryMarshal.AsBytes<int>([name, number]));
        }
    }
}
