using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// What a consumer does with its messages: <c>while (sink.Read(message)) ;</c>. It verifies every one, and takes the
/// time from the arrival of the mark to that of the end, with the messages that count between them.
/// </summary>
internal sealed class StreamSink(int size)
{
    private ulong _expected = Sequence.First;
    private ulong _marked;
    private long _markedAt;
    private long _endedAt;

    public int Size => size;

    public ulong Messages => _expected - _marked;

    public double Seconds => Stopwatch.GetElapsedTime(_markedAt, _endedAt).TotalSeconds;

    public ulong Bytes => Messages * (ulong)size;

    /// <summary>Verifies the next message. False if it is the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Read(ReadOnlySpan<byte> payload)
    {
        ulong expected = _expected;
        if (!Payload.Matches(payload, size, expected))
            return ReadMarkOrEnd(payload);

        _expected = expected + 1;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadMarkOrEnd(ReadOnlySpan<byte> payload)
    {
        long now = Stopwatch.GetTimestamp();
        if (_markedAt == 0 && Payload.Matches(payload, size, Sequence.Mark))
        {
            _marked = _expected;
            _markedAt = now;
            return true;
        }

        if (_markedAt != 0 && Payload.Matches(payload, size, Sequence.End))
        {
            _endedAt = now;
            return false;
        }

        throw Payload.Mismatch(payload, size, _expected);
    }
}
