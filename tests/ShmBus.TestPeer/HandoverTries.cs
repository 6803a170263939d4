using System.Globalization;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>A client that asks for what it is told to, line by line, and says what came of it. It keeps nothing.</summary>
internal static class HandoverTries
{
    /// <summary>Lines: the milliseconds that an answer may take, the grant, the topic.</summary>
    internal static int Run(string address, string[] users)
    {
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split(' ', 3);
            RegionClientOptions options = new()
            {
                Timeout = TimeSpan.FromMilliseconds(int.Parse(words[0], CultureInfo.InvariantCulture)),
                ServerUsers = [.. users.Select(static user => uint.Parse(user, CultureInfo.InvariantCulture))],
            };
            Console.WriteLine(Try(address, options, Enum.Parse<RegionGrants>(words[1]), words[2]));
        }
        return 0;
    }

    private static string Try(string address, RegionClientOptions options, RegionGrants grant, string topic)
    {
        try
        {
            using RegionClient client = RegionClient.Connect(address, options);
            switch (grant)
            {
                case RegionGrants.Publish:
                    using (Publisher publisher = client.CreatePublisher(topic, WaitStrategy.Park))
                    {
                        publisher.TryPublish("tried"u8);
                    }
                    break;
                case RegionGrants.Subscribe:
                    using (Subscriber subscriber = client.CreateSubscriber(topic))
                    {
                        subscriber.TryRead(out _);
                    }
                    break;
                default:
                    using (TopicObserver observer = client.CreateObserver(topic))
                    {
                        observer.Inspect();
                    }
                    break;
            }
            return "granted";
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name} {exception.Message}";
        }
    }
}
