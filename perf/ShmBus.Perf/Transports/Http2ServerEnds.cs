using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using ShmBus.Perf.Http2;
using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>The two ends in the peer, which is the server.</summary>
internal sealed class Http2Ponger : IPonger
{
    private readonly Http2Server _server;
    private readonly byte[] _ping;
    private readonly byte[] _pong;
    private EchoCourse? _course;

    public Http2Ponger(ChannelSettings settings)
    {
        (_ping, _pong) = (new byte[settings.Size], new byte[settings.Size]);
        _server = new Http2Server(Http2Transport.PathOf(settings), settings.Capacity, AnswerAsync);
    }

    public void Run(EchoCourse course)
    {
        _course = course;
        _server.Run();
    }

    public void Dispose() => _server.Dispose();

    private async Task<bool> AnswerAsync(Http2Exchange exchange)
    {
        if (exchange.Length != _ping.Length)
            throw new PerfException($"the client sent {exchange.Length} bytes");
        await exchange.ReadExactlyAsync(_ping).ConfigureAwait(false);
        bool more = _course!.Read(_ping);
        _course.Write(_pong);
        await exchange.AnswerAsync(_pong).ConfigureAwait(false);
        return more;
    }
}

internal sealed class Http2Consumer : IConsumer
{
    private readonly Http2Server _server;
    private readonly byte[] _gathered;
    private StreamSink? _sink;

    public Http2Consumer(ChannelSettings settings)
    {
        _gathered = new byte[settings.Size];
        _server = new Http2Server(Http2Transport.PathOf(settings), settings.Capacity, ConsumeAsync);
    }

    public void Run(StreamSink sink)
    {
        _sink = sink;
        _server.Run();
    }

    public void Dispose() => _server.Dispose();

    private async Task<bool> ConsumeAsync(Http2Exchange exchange)
    {
        bool more = true;
        while (more)
        {
            ReadResult result = await exchange.Body.ReadAsync().ConfigureAwait(false);
            ReadOnlySequence<byte> rest = result.Buffer;
            more = Drain(ref rest, _sink!);
            if (more && result.IsCompleted)
                throw new PerfException("the stream ended without its last message");
            exchange.Body.AdvanceTo(rest.Start, rest.End);
        }
        return false;
    }

    /// <summary>Takes all whole messages off. False after the last one.</summary>
    private bool Drain(ref ReadOnlySequence<byte> bytes, StreamSink sink)
    {
        Span<byte> prefix = stackalloc byte[FrameWriter.PrefixSize];
        bool more = true;
        while (more && bytes.Length >= FrameWriter.PrefixSize)
        {
            bytes.Slice(0, FrameWriter.PrefixSize).CopyTo(prefix);
            int length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
            if (length != _gathered.Length)
                throw new PerfException($"a message of {length} bytes was announced: the stream is out of step");
            if (bytes.Length < FrameWriter.PrefixSize + length)
                break;
            ReadOnlySequence<byte> message = bytes.Slice(FrameWriter.PrefixSize, length);
            bytes = bytes.Slice(FrameWriter.PrefixSize + length);
            more = sink.Read(InOnePiece(message));
        }
        return more;
    }

    private ReadOnlySpan<byte> InOnePiece(in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
            return message.FirstSpan;
        message.CopyTo(_gathered);
        return _gathered;
    }
}
