using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>The four ends of a transport whose processes have a <see cref="MessageChannel"/> each.</summary>
internal sealed class ChannelPinger(MessageChannel channel) : IPinger
{
    public void Connect() => channel.Connect();

    public void Run(PingCourse course)
    {
        while (course.Next())
        {
            course.Write(channel.Claim(course.Size));
            channel.Commit();
            course.Read(channel.Next());
        }
    }

    public void Dispose() => channel.Dispose();
}

internal sealed class ChannelPonger(MessageChannel channel) : IPonger
{
    public void Run(EchoCourse course)
    {
        bool more;
        do
        {
            more = course.Read(channel.Next());
            course.Write(channel.Claim(course.Size));
            channel.Commit();
        }
        while (more);
    }

    public void Dispose() => channel.Dispose();
}

internal sealed class ChannelProducer(MessageChannel channel) : IProducer
{
    public void Connect() => channel.Connect();

    public void Run(StreamSource source)
    {
        bool more;
        do
        {
            source.AwaitTurn();
            more = source.Write(channel.Claim(source.Size));
            channel.Commit();
        }
        while (more);
        channel.Flush();
    }

    public void Dispose() => channel.Dispose();
}

internal sealed class ChannelConsumer(MessageChannel channel) : IConsumer
{
    public void Run(StreamSink sink)
    {
        while (sink.Read(channel.Next())) ;
    }

    public void Dispose() => channel.Dispose();
}
