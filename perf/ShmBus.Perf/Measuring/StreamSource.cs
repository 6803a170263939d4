using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// What a producer sends: <c>do { claim; more = source.Write(payload); commit } while (more)</c>. A warm-up, a
/// mark, the messages that count, an end; all of one size.
/// </summary>
internal sealed class StreamSource(int size, TimeSpan warmUp, TimeSpan duration)
{
    // Reading the clock costs more than sending a small message; once in so many it is a quarter of a percent.
    private const ulong MessagesPerLook = 1024;

    private ulong _next = Sequence.First;
    private ulong _nextLook = Sequence.First;
    private ulong _marked;
    private long _phaseEnd;

    public int Size => size;

    /// <summary>The messages that count, so far.</summary>
    public ulong Messages => _marked == 0 ? 0 : _next - _marked;

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
        else if (_marked == 0)
        {
            sequence = Sequence.Mark;
            _marked = _next;
            _phaseEnd = now + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        }
        else
        {
            sequence = Sequence.End;
        }

        Payload.Write(payload, sequence);
        return sequence != Sequence.End;
    }
}
