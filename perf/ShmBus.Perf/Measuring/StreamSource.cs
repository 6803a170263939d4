using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// What a producer sends: <c>do { claim; more = source.Write(payload); commit } while (more)</c>. A warm-up, a
/// mark, the messages that count, an end; all of one size. Of several producers, each has its number, from 0.
/// </summary>
internal sealed class StreamSource(int size, int producer, TimeSpan warmUp, TimeSpan duration)
{
    // Reading the clock costs more than sending a small message; once in so many it is a quarter of a percent.
    private const ulong MessagesPerLook = 1024;

    private ulong _next = Sequence.FirstOf(producer);
    private ulong _nextLook = Sequence.FirstOf(producer);
    private bool _isMarked;
    private long _phaseEnd;

    public int Size => size;

    /// <summary>All messages so far but mark and end, those of the warm-up included.</summary>
    public ulong Messages => _next - Sequence.FirstOf(producer);

    /// <summary>Writes the next message. False if it is the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Write(Span<byte> payload)
    {
        ulong sequence = _next;
        if (sequence == _nextLook)
            return LookAndWrite(payload);

        _next = sequence + 1;
        Payload.Write(payload, sequence);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool LookAndWrite(Span<byte> payload)
    {
        long now = Stopwatch.GetTimestamp();
        if (_phaseEnd == 0)
            _phaseEnd = now + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);

        ulong sequence = _next;
        _nextLook = sequence + MessagesPerLook;
        if (now < _phaseEnd)
        {
            _next++;
        }
        else if (!_isMarked)
        {
            sequence = Sequence.MarkOf(producer);
            _isMarked = true;
            _phaseEnd = now + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        }
        else
        {
            sequence = Sequence.EndOf(producer);
        }

        Payload.Write(payload, sequence);
        return sequence != Sequence.EndOf(producer);
    }
}
