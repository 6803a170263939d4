using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// What a consumer does with its messages: <c>while (sink.Read(message)) ;</c>. It verifies every one, in the order of
/// its producer. It takes the time while all producers send what counts: from the arrival of the last one's mark to
/// that of the first one's end, with the messages between them.
/// </summary>
/// <param name="size">Bytes in a message.</param>
/// <param name="producers">How many there are.</param>
/// <param name="arrivals">Takes the time of each message of the one producer, which keeps a pace; or null.</param>
internal sealed class StreamSink(int size, int producers, Arrivals? arrivals = null)
{
    // Where each message's time is taken, none is of the size that is read at once.
    private readonly int _sizeAtOnce = arrivals is null ? size : -1;

    private readonly ulong[] _expected = [.. Enumerable.Range(0, producers).Select(Sequence.FirstOf)];
    private readonly Phase[] _phases = new Phase[producers];
    private ResourceUsage _usageBefore;
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

    /// <summary>What this process used meanwhile.</summary>
    public ResourceUsage Usage { get; private set; }

    /// <summary>Verifies the next message. False if it is the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Read(ReadOnlySpan<byte> payload)
    {
        ulong[] expected = _expected;
        ulong producer = payload.Length == _sizeAtOnce ? Sequence.ProducerOf(MemoryMarshal.Read<ulong>(payload)) : ulong.MaxValue;
        if (producer >= (ulong)expected.Length || !Payload.Matches(payload, size, expected[producer]))
            return arrivals is null ? ReadMarkOrEnd(payload, producer) : ReadTimed(payload, arrivals);

        expected[producer]++;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadMarkOrEnd(ReadOnlySpan<byte> payload, ulong sender)
    {
        int producer = sender < (ulong)producers ? (int)sender : 0;
        if (_phases[producer] == Phase.WarmUp && Payload.Matches(payload, size, Sequence.MarkOf(producer)))
        {
            Mark(producer);
            return true;
        }

        if (_phases[producer] == Phase.Marked && Payload.Matches(payload, size, Sequence.EndOf(producer)))
        {
            End(producer);
            return _phases.Contains(Phase.Marked);
        }

        throw Payload.Mismatch(payload, size, _expected[producer]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadTimed(ReadOnlySpan<byte> payload, Arrivals times)
    {
        long now = Stopwatch.GetTimestamp();
        if (Payload.Matches(payload, size, _expected[0]))
        {
            _expected[0]++;
            if (_phases[0] == Phase.Marked)
                times.Arrive(now);
            return true;
        }

        ulong found = payload.Length == size ? MemoryMarshal.Read<ulong>(payload) : 0;
        if (_phases[0] == Phase.WarmUp && Sequence.DueOf(found) is { } due && Payload.Matches(payload, size, found))
        {
            Mark(0);
            times.Begin(due);
            return true;
        }

        return ReadMarkOrEnd(payload, 0);
    }

    private void Mark(int producer)
    {
        _phases[producer] = Phase.Marked;
        if (_phases.Contains(Phase.WarmUp))
            return;
        _usageBefore = ResourceUsage.Now();
        _start = Stopwatch.GetTimestamp();
        _before = Messages;
    }

    private void End(int producer)
    {
        if (_start == 0)
            throw new PerfException("one producer had ended before all were warm: measure for longer");
        _phases[producer] = Phase.Ended;
        if (_end != 0)
            return;
        _end = Stopwatch.GetTimestamp();
        Measured = Messages - _before;
        Usage = ResourceUsage.Now() - _usageBefore;
    }
}
