namespace ShmBus.Perf.Transports;

/// <summary>The same over regions without a file, which main hands to its peer through a socket.</summary>
internal class ShmBusPassedTransport : ShmBusTransport
{
    public override string Name => "shmbus-passed";

    protected virtual bool HasEventfds => false;

    public override IPinger CreatePinger(ChannelSettings settings)
    {
        Server server = new(settings, HasEventfds, There, Back);
        return new Pinger(server[There].CreatePublisher(Strategy(settings)), server[Back].CreateSubscriber(Strategy(settings)), server);
    }

    public override IPonger OpenPonger(ChannelSettings settings)
    {
        using RegionClient client = RegionClient.Connect(AddressOf(settings));
        return new Ponger(client.CreateSubscriber(There, Strategy(settings)), client.CreatePublisher(Back, Strategy(settings)));
    }

    public override IProducer CreateProducer(ChannelSettings settings)
    {
        Server server = new(settings, HasEventfds, There);
        return new Producer(server[There].CreatePublisher(Strategy(settings)), server);
    }

    public override IConsumer OpenConsumer(ChannelSettings settings)
    {
        using RegionClient client = RegionClient.Connect(AddressOf(settings));
        return new Consumer(client.CreateSubscriber(There, Strategy(settings)));
    }

    /// <summary>The directory is this channel's own, and so is its path as a name, which fits: it leaves no socket there.</summary>
    private static string AddressOf(ChannelSettings settings) => $"@{settings.Directory}";

    private sealed class Server : IDisposable
    {
        private readonly Dictionary<string, Topic> _topics = [];
        private readonly RegionServer _server;

        internal Server(ChannelSettings settings, bool hasEventfds, params string[] names)
        {
            _server = new RegionServer(AddressOf(settings));
            foreach (string name in names)
            {
                Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = settings.Capacity, Eventfds = hasEventfds });
                _topics.Add(name, topic);
                _server.Offer(topic, name);
            }
            _server.Start();
        }

        internal Topic this[string name] => _topics[name];

        public void Dispose()
        {
            _server.Dispose();
            foreach (Topic topic in _topics.Values)
            {
                topic.Dispose();
            }
        }
    }
}
