using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// What a consumer does with its messages: <c>while (sink.Read(message)) ;</c>. It verifies every one, in the order of
/// its producer. It takes the time while all producers send what counts: from the arrival of the last one's mark to
/// that of the first one's end, with the messages between them.
/// </summary>
internal sealed class StreamSink(int size, int producers)
{
    private readonly ulong[] _expected = [.. Enumerable.Range(0, producers).Select(Sequence.FirstOf)];
    private readonly Phase[] _phases = new Phase[producers];
    private ulong _before;
    private long _start;
    private long _end;

    private enum Phase
    {
        WarmUp,
        Marked,
        Ended,
    }

    public int Size => size;

    /// <summary>All messages but marks and ends, those of the warm-up included.</summary>
    public ulong Messages => _expected.Select((next, producer) => next - Sequence.FirstOf(producer)).Aggregate((sum, count) => sum + count);

    /// <summary>The messages that count.</summary>
    public ulong Measured { get; private set; }

    public double Seconds => Stopwatch.GetElapsedTime(_start, _end).TotalSeconds;

    /// <summary>Verifies the next message. False if it is the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Read(ReadOnlySpan<byte> payload)
    {
        ulong[] expected = _expected;
        ulong producer = payload.Length == size ? Sequence.ProducerOf(MemoryMarshal.Read<ulong>(payload)) : ulong.MaxValue;
        if (producer >= (ulong)expected.Length || !Payload.Matches(payload, size, expected[producer]))
            return ReadMarkOrEnd(payload, producer);

        expected[producer]++;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadMarkOrEnd(ReadOnlySpan<byte> payload, ulong sender)
    {
        int producer = sender < (ulong)producers ? (int)sender : 0;
        if (_phases[producer] == Phase.WarmUp && Payload.Matches(payload, size, Sequence.MarkOf(producer)))
        {
            _phases[producer] = Phase.Marked;
            if (!_phases.Contains(Phase.WarmUp))
            {
                _start = Stopwatch.GetTimestamp();
                _before = Messages;
            }

            return true;
        }

        if (_phases[producer] == Phase.Marked && Payload.Matches(payload, size, Sequence.EndOf(producer)))
        {
            if (_start == 0)
                throw new PerfException("one producer had ended before all were warm: measure for longer");
            _phases[producer] = Phase.Ended;
            if (_end == 0)
            {
                _end = Stopwatch.GetTimestamp();
                Measured = Messages - _before;
            }

            return _phases.Contains(Phase.Marked);
        }

        throw Payload.Mismatch(payload, size, _expected[producer]);
    }
}
