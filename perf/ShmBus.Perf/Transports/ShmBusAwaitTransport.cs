using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>ShmBus by <c>await</c>: no thread is kept by who waits.</summary>
/// <param name="name">As on the command line.</param>
/// <param name="isInline">Whether awaiters run on the thread that was woken for them, not on the thread pool.</param>
/// <param name="topics">How many topics are awaited in each process, the one that is measured included.</param>
internal sealed class ShmBusAwaitTransport(string name, bool isInline, int topics) : ILatencyTransport
{
    private const string There = "there";
    private const string Back = "back";

    public string Name => name;

    public string WaitLabel(WaitMode asked) => "await";

    public IPinger CreatePinger(ChannelSettings settings)
    {
        // Both rings are made before the peer looks for them.
        using Topic there = Topic.OpenOrCreate(settings.PathOf(There), OptionsOf(settings));
        using Topic back = Topic.OpenOrCreate(settings.PathOf(Back), OptionsOf(settings));
        return new Pinger(there.CreatePublisher(), back.CreateSubscriber(), new OtherTopics(topics - 1));
    }

    public IPonger OpenPonger(ChannelSettings settings)
    {
        using Topic there = Topic.Open(settings.PathOf(There), OptionsOf(settings));
        using Topic back = Topic.Open(settings.PathOf(Back), OptionsOf(settings));
        return new Ponger(there.CreateSubscriber(), back.CreatePublisher(), new OtherTopics(topics - 1));
    }

    private TopicOptions OptionsOf(ChannelSettings settings) => new() { Capacity = settings.Capacity, AllowSynchronousContinuations = isInline };

    private static Claim Claim(Publisher publisher, int size) => publisher.TryClaim(size, out Claim claim)
        ? claim
        : throw new PerfException("a ring with one message in it is full");

    private sealed class Pinger(Publisher publisher, Subscriber subscriber, OtherTopics others) : IPinger
    {
        public void Run(PingCourse course) => RunAsync(course).GetAwaiter().GetResult();

        private async Task RunAsync(PingCourse course)
        {
            while (course.Next())
            {
                Send(course);
                await subscriber.WaitToReadAsync().ConfigureAwait(false);
                subscriber.TryRead(out Message message);
                course.Read(message.Payload);
            }
        }

        private void Send(PingCourse course)
        {
            Claim claim = Claim(publisher, course.Size);
            course.Write(claim.Payload);
            claim.Commit();
        }

        public void Dispose()
        {
            publisher.Dispose();
            subscriber.Dispose();
            others.Dispose();
        }
    }

    private sealed class Ponger(Subscriber subscriber, Publisher publisher, OtherTopics others) : IPonger
    {
        public void Run(EchoCourse course) => RunAsync(course).GetAwaiter().GetResult();

        private async Task RunAsync(EchoCourse course)
        {
            do
            {
                await subscriber.WaitToReadAsync().ConfigureAwait(false);
            }
            while (Answer(course));
        }

        private bool Answer(EchoCourse course)
        {
            subscriber.TryRead(out Message message);
            bool more = course.Read(message.Payload);
            Claim claim = Claim(publisher, course.Size);
            course.Write(claim.Payload);
            claim.Commit();
            return more;
        }

        public void Dispose()
        {
            publisher.Dispose();
            subscriber.Dispose();
            others.Dispose();
        }
    }

    /// <summary>Topics that are awaited, and on which nothing comes.</summary>
    private sealed class OtherTopics : IDisposable
    {
        private readonly List<Subscriber> _subscribers = [];

        internal OtherTopics(int count)
        {
            for (; count > 0; count--)
            {
                using Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = Environment.SystemPageSize });
                Subscriber subscriber = topic.CreateSubscriber();
                _ = subscriber.WaitToReadAsync().AsTask();
                _subscribers.Add(subscriber);
            }
        }

        public void Dispose() => _subscribers.ForEach(static subscriber => subscriber.Dispose());
    }
}
