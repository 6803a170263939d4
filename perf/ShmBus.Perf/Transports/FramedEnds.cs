using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>The four ends of a transport that frames messages on a <see cref="Duplex"/>.</summary>
internal sealed class FramedPinger(Duplex duplex) : IPinger
{
    private readonly FrameWriter _writer = new(duplex, batched: false);
    private readonly FrameReader _reader = new(duplex);

    public void Connect() => duplex.Connect();

    public void Run(PingCourse course)
    {
        while (course.Next())
        {
            course.Write(_writer.Claim(course.Size));
            _writer.Commit();
            course.Read(_reader.Next());
        }
    }

    public void Dispose() => duplex.Dispose();
}

internal sealed class FramedPonger(Duplex duplex) : IPonger
{
    private readonly FrameWriter _writer = new(duplex, batched: false);
    private readonly FrameReader _reader = new(duplex);

    public void Run(EchoCourse course)
    {
        bool more;
        do
        {
            more = course.Read(_reader.Next());
            course.Write(_writer.Claim(course.Size));
            _writer.Commit();
        }
        while (more);
    }

    public void Dispose() => duplex.Dispose();
}

internal sealed class FramedProducer(Duplex duplex, bool batched) : IProducer
{
    private readonly FrameWriter _writer = new(duplex, batched);

    public void Connect() => duplex.Connect();

    public void Run(StreamSource source)
    {
        bool more;
        do
        {
            more = source.Write(_writer.Claim(source.Size));
            _writer.Commit();
        }
        while (more);
        _writer.Flush();
    }

    public void Dispose() => duplex.Dispose();
}

internal sealed class FramedConsumer(Duplex duplex) : IConsumer
{
    private readonly FrameReader _reader = new(duplex);

    public void Run(StreamSink sink)
    {
        while (sink.Read(_reader.Next())) ;
    }

    public void Dispose() => duplex.Dispose();
}
