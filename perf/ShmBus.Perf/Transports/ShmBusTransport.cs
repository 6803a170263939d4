using ShmBus.Perf.Measuring;
using ShmBus.Waiting;

namespace ShmBus.Perf.Transports;

/// <summary>ShmBus itself, as its users would call it: claim and commit on one side, read in place on the other.</summary>
internal class ShmBusTransport : ILatencyTransport, IStreamTransport
{
    protected const string There = "there";
    protected const string Back = "back";

    public virtual string Name => "shmbus";

    public virtual string? Note => null;

    public string OneProducerReason => "its topic has one publisher";

    public string WaitLabel(WaitMode asked) => asked.Label();

    public virtual IPinger CreatePinger(ChannelSettings settings)
    {
        // Both rings are made before the peer looks for them.
        using Topic there = Make(settings, There);
        using Topic back = Make(settings, Back);
        return new Pinger(there.CreatePublisher(Strategy(settings)), back.CreateSubscriber(Strategy(settings)));
    }

    public virtual IPonger OpenPonger(ChannelSettings settings)
    {
        using Topic there = Open(settings, There);
        using Topic back = Open(settings, Back);
        return new Ponger(there.CreateSubscriber(Strategy(settings)), back.CreatePublisher(Strategy(settings)));
    }

    public virtual IProducer CreateProducer(ChannelSettings settings)
    {
        using Topic there = Make(settings, There);
        return NewProducer(there.CreatePublisher(Strategy(settings)));
    }

    public IProducer OpenProducer(ChannelSettings settings)
    {
        using Topic there = Open(settings, There);
        return NewProducer(there.CreatePublisher(Strategy(settings)));
    }

    public virtual IConsumer OpenConsumer(ChannelSettings settings)
    {
        using Topic there = Open(settings, There);
        return new Consumer(there.CreateSubscriber(Strategy(settings)));
    }

    protected virtual IProducer NewProducer(Publisher publisher) => new Producer(publisher);

    protected virtual TopicOptions OptionsOf(ChannelSettings settings) => new() { Capacity = settings.Capacity };

    protected Topic Make(ChannelSettings settings, string name) => Topic.OpenOrCreate(settings.PathOf(name), OptionsOf(settings));

    protected Topic Open(ChannelSettings settings, string name) => Topic.Open(settings.PathOf(name), OptionsOf(settings));

    protected static WaitStrategy Strategy(ChannelSettings settings) => settings.Wait switch
    {
        WaitMode.Spin => WaitStrategy.Spin,
        WaitMode.Park => WaitStrategy.Park,
        _ => WaitStrategy.Adaptive,
    };

    private static Claim Claim(Publisher publisher, int size)
    {
        Claim claim;
        while (!publisher.TryClaim(size, out claim))
            publisher.WaitToPublish(size, Timeout.InfiniteTimeSpan);
        return claim;
    }

    /// <param name="publisher">The way there.</param>
    /// <param name="subscriber">The way back.</param>
    /// <param name="server">What the other side got its end from, kept for as long as that uses it; or null.</param>
    protected sealed class Pinger(Publisher publisher, Subscriber subscriber, IDisposable? server = null) : IPinger
    {
        public void Run(PingCourse course)
        {
            while (course.Next())
            {
                Claim claim = Claim(publisher, course.Size);
                course.Write(claim.Payload);
                claim.Commit();
                course.Read(subscriber.Read().Payload);
            }
        }

        public void Dispose()
        {
            publisher.Dispose();
            subscriber.Dispose();
            server?.Dispose();
        }
    }

    protected sealed class Ponger(Subscriber subscriber, Publisher publisher) : IPonger
    {
        public void Run(EchoCourse course)
        {
            bool more;
            do
            {
                more = course.Read(subscriber.Read().Payload);
                Claim claim = Claim(publisher, course.Size);
                course.Write(claim.Payload);
                claim.Commit();
            }
            while (more);
        }

        public void Dispose()
        {
            publisher.Dispose();
            subscriber.Dispose();
        }
    }

    protected sealed class Producer(Publisher publisher, IDisposable? server = null) : IProducer
    {
        public void Run(StreamSource source)
        {
            bool more;
            do
            {
                source.AwaitTurn();
                Claim claim = Claim(publisher, source.Size);
                more = source.Write(claim.Payload);
                claim.Commit();
            }
            while (more);
        }

        public void Dispose()
        {
            publisher.Dispose();
            server?.Dispose();
        }
    }

    protected sealed class Consumer(Subscriber subscriber) : IConsumer
    {
        public void Run(StreamSink sink)
        {
            SinkHandler handler = new(sink);
            while (handler.More)
            {
                if (subscriber.Poll(ref handler) == 0)
                    subscriber.WaitToRead(Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose() => subscriber.Dispose();
    }

    private struct SinkHandler(StreamSink sink) : IMessageHandler
    {
        public bool More { get; private set; } = true;

        public void OnMessage(in Message message) => More = sink.Read(message.Payload);
    }
}
