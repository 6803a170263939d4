namespace ShmBus.TestPeer;

/// <summary>
/// Endpoints come and go on both sides of one topic. Each that goes is told to the others by the death watch, also to one that is
/// only just being made, or already on its way out.
/// </summary>
internal static class ComingAndGoing
{
    internal static int Run(int iterations, string path)
    {
        using Topic topic = Topic.OpenOrCreate(path);
        Thread publishing = new(() => Repeat(iterations, () => topic.CreatePublisher()));
        publishing.Start();
        Repeat(iterations, () => topic.CreateSubscriber());
        publishing.Join();
        Console.WriteLine("done");
        return 0;
    }

    private static void Repeat(int iterations, Func<Endpoint> make)
    {
        for (int i = 0; i < iterations; i++)
        {
            make().Dispose();
        }
    }
}
