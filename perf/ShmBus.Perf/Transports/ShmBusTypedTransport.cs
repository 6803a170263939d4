using ShmBus.Perf.Measuring;
using ShmBus.Serialization;

namespace ShmBus.Perf.Transports;

/// <summary>
/// ShmBus by typed endpoints. The messages are bytes, the only type that has every size: the serializer copies each into the ring, and
/// out of it into an array of its own.
/// </summary>
internal sealed class ShmBusTypedTransport : ShmBusTransport
{
    private static readonly IMessageSerializer<ReadOnlyMemory<byte>> s_serializer = MessageSerializer.Bytes;

    public override string Name => "shmbus-typed";

    public override string? Note => $"{Name} allocates an array for every message that it reads.";

    public override IPinger CreatePinger(ChannelSettings settings)
    {
        using Topic there = Make(settings, There);
        using Topic back = Make(settings, Back);
        return new TypedPinger(there.CreatePublisher(s_serializer, Strategy(settings)), back.CreateSubscriber(s_serializer, Strategy(settings)));
    }

    public override IPonger OpenPonger(ChannelSettings settings)
    {
        using Topic there = Open(settings, There);
        using Topic back = Open(settings, Back);
        return new TypedPonger(there.CreateSubscriber(s_serializer, Strategy(settings)), back.CreatePublisher(s_serializer, Strategy(settings)));
    }

    public override IProducer CreateProducer(ChannelSettings settings)
    {
        using Topic there = Make(settings, There);
        return new TypedProducer(there.CreatePublisher(s_serializer, Strategy(settings)));
    }

    public override IConsumer OpenConsumer(ChannelSettings settings)
    {
        using Topic there = Open(settings, There);
        return new TypedConsumer(there.CreateSubscriber(s_serializer, Strategy(settings)));
    }

    private sealed class TypedPinger(Publisher<ReadOnlyMemory<byte>> publisher, Subscriber<ReadOnlyMemory<byte>> subscriber) : IPinger
    {
        public void Run(PingCourse course)
        {
            byte[] message = new byte[course.Size];
            while (course.Next())
            {
                course.Write(message);
                publisher.Publish(message);
                course.Read(subscriber.Read().Span);
            }
        }

        public void Dispose()
        {
            publisher.Dispose();
            subscriber.Dispose();
        }
    }

    private sealed class TypedPonger(Subscriber<ReadOnlyMemory<byte>> subscriber, Publisher<ReadOnlyMemory<byte>> publisher) : IPonger
    {
        public void Run(EchoCourse course)
        {
            byte[] message = new byte[course.Size];
            bool more;
            do
            {
                more = course.Read(subscriber.Read().Span);
                course.Write(message);
                publisher.Publish(message);
            }
            while (more);
        }

        public void Dispose()
        {
            publisher.Dispose();
            subscriber.Dispose();
        }
    }

    private sealed class TypedProducer(Publisher<ReadOnlyMemory<byte>> publisher) : IProducer
    {
        public void Run(StreamSource source)
        {
            byte[] message = new byte[source.Size];
            bool more;
            do
            {
                source.AwaitTurn();
                more = source.Write(message);
                publisher.Publish(message);
            }
            while (more);
        }

        public void Dispose() => publisher.Dispose();
    }

    private sealed class TypedConsumer(Subscriber<ReadOnlyMemory<byte>> subscriber) : IConsumer
    {
        public void Run(StreamSink sink)
        {
            while (sink.Read(subscriber.Read().Span)) ;
        }

        public void Dispose() => subscriber.Dispose();
    }
}
