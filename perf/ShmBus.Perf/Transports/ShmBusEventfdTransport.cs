namespace ShmBus.Perf.Transports;

/// <summary>ShmBus in regions that main hands over to the peer, where both sleep on eventfds.</summary>
internal sealed class ShmBusEventfdTransport : ILatencyTransport
{
    private const string There = "there";
    private const string Back = "back";

    public string Name => "shmbus-eventfd";

    public string WaitLabel(WaitMode asked) => asked.Label();

    public IPinger CreatePinger(ChannelSettings settings)
    {
        Regions regions = new(AddressOf(settings));
        return new ShmBusTransport.Pinger(
            regions.There.CreatePublisher(ShmBusTransport.Strategy(settings)), regions.Back.CreateSubscriber(ShmBusTransport.Strategy(settings)), regions);
    }

    public IPonger OpenPonger(ChannelSettings settings)
    {
        using RegionClient client = RegionClient.Connect(AddressOf(settings));
        return new ShmBusTransport.Ponger(
            client.CreateSubscriber(There, ShmBusTransport.Strategy(settings)), client.CreatePublisher(Back, ShmBusTransport.Strategy(settings)));
    }

    private static string AddressOf(ChannelSettings settings) => Path.Combine(settings.Directory, "socket");

    /// <summary>The two topics, and who hands them over.</summary>
    private sealed class Regions : IDisposable
    {
        private readonly RegionServer _server;

        public Regions(string address)
        {
            _server = new RegionServer(address);
            _server.Offer(There, ShmBusEventfdTransport.There);
            _server.Offer(Back, ShmBusEventfdTransport.Back);
            _server.Start();
        }

        public Topic There { get; } = Make();

        public Topic Back { get; } = Make();

        public void Dispose()
        {
            _server.Dispose();
            There.Dispose();
            Back.Dispose();
        }

        private static Topic Make() => Topic.CreateAnonymous(new TopicOptions { Capacity = ChannelSettings.RingCapacity, Eventfds = true });
    }
}
