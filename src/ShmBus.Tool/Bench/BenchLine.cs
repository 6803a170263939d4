using ShmBus.Tool.Native;

namespace ShmBus.Tool.Bench;

/// <summary>One end of a way for messages between two processes, there and back.</summary>
internal abstract class BenchLine
{
    internal abstract void Send(ReadOnlySpan<byte> message);

    /// <summary>Waits for a message of that length. It is valid until the next call.</summary>
    internal abstract ReadOnlySpan<byte> Receive(int length);
}

/// <summary>A topic each way, used as most do.</summary>
internal sealed class ShmBusLine(Publisher publisher, Subscriber subscriber) : BenchLine
{
    internal const string There = "there";
    internal const string Back = "back";

    internal override void Send(ReadOnlySpan<byte> message) => publisher.Publish(message);

    internal override ReadOnlySpan<byte> Receive(int length) => subscriber.Read().Payload;
}

/// <summary>
/// A stream of bytes each way. A message is written at once, because whoever sends it cannot know whether another follows; what is read is all that is there.
/// </summary>
internal sealed class StreamLine(int input, int output) : BenchLine
{
    private readonly byte[] _buffer = new byte[128 << 10];
    private int _start;
    private int _end;

    internal override void Send(ReadOnlySpan<byte> message) => Descriptor.WriteAll(output, message);

    internal override ReadOnlySpan<byte> Receive(int length)
    {
        while (_end - _start < length)
        {
            if (_start == _end || _start + length > _buffer.Length)
            {
                _buffer.AsSpan(_start.._end).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }
            int count = Descriptor.Read(input, _buffer.AsSpan(_end));
            _end += count > 0 ? count : throw new EndOfStreamException("The other process closed its end.");
        }
        _start += length;
        return _buffer.AsSpan(_start - length, length);
    }
}
