namespace ShmBus.TestPeer;

/// <summary>
/// PATH SEED FIRST: publishes <see cref="Steps"/> from FIRST on, as fast as it can, until the input says something. It rests now and
/// then: readers come close, and are passed again.
/// </summary>
internal static class FloodCommand
{
    private const int StepsBetweenRests = 5000;

    internal static int Run(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Publisher publisher = topic.CreatePublisher();
        Steps steps = new(StreamCommands.Parse(arguments[1]), topic.MaxMessageLength);
        Task<string?> end = Task.Run(Console.In.ReadLine);
        Console.WriteLine("ready");
        for (long step = (long)StreamCommands.Parse(arguments[2]); !end.IsCompleted; step++)
        {
            steps.Publish(publisher, step);
            if (step % StepsBetweenRests == 0)
            {
                Thread.Sleep(1);
            }
        }
        Console.WriteLine("sent");
        return 0;
    }
}
