using System.Diagnostics;
using System.Runtime.CompilerServices;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// What a producer sends: <c>do { source.AwaitTurn(); claim; more = source.Write(payload); commit } while (more)</c>. A
/// warm-up, a mark, the messages that count, an end; all of one size. Of several producers, each has its number, from 0.
/// </summary>
/// <param name="size">Bytes in a message.</param>
/// <param name="producer">The number of this producer.</param>
/// <param name="warmUp">How long messages do not count.</param>
/// <param name="duration">How long they do, after that.</param>
/// <param name="pace">When each is due; null for as soon as possible.</param>
internal sealed class StreamSource(int size, int producer, TimeSpan warmUp, TimeSpan duration, Pace? pace = null)
{
    // Reading the clock costs more than sending a small message; once in so many it is a quarter of a percent.
    private readonly ulong _messagesPerLook = pace is null ? 1024UL : 1;

    private ulong _next = Sequence.FirstOf(producer);
    private ulong _nextLook = Sequence.FirstOf(producer);
    private ulong _firstMeasured;
    private ResourceUsage _before;
    private long _phaseEnd;
    private bool _isTurn;

    public int Size => size;

    /// <summary>All messages so far but mark and end, those of the warm-up included.</summary>
    public ulong Messages => _next - Sequence.FirstOf(producer);

    /// <summary>The messages that count.</summary>
    public ulong Measured => _firstMeasured == 0 ? 0 : _next - _firstMeasured;

    /// <summary>What this process used while it sent them.</summary>
    public ResourceUsage Usage { get; private set; }

    /// <summary>Waits until the next message is due. Where room is claimed for it, before that: others would wait behind the claim.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AwaitTurn()
    {
        if (pace is null)
            return;
        pace.Await();
        _isTurn = true;
    }

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
        if (!_isTurn)
            AwaitTurn();
        _isTurn = false;
        long now = Stopwatch.GetTimestamp();
        if (_phaseEnd == 0)
            _phaseEnd = EndOfPhase(now, warmUp);

        ulong sequence = _next;
        _nextLook = sequence + _messagesPerLook;
        // Held up all the time: one message is measured at least.
        if (now < _phaseEnd || (_firstMeasured != 0 && Measured == 0))
        {
            _next++;
        }
        else if (_firstMeasured == 0)
        {
            _firstMeasured = _next;
            _nextLook = sequence;
            sequence = Mark();
        }
        else
        {
            Usage = ResourceUsage.Now() - _before;
            sequence = Sequence.EndOf(producer);
        }

        Payload.Write(payload, sequence);
        return sequence != Sequence.EndOf(producer);
    }

    private ulong Mark()
    {
        _before = ResourceUsage.Now();
        _phaseEnd = EndOfPhase(Stopwatch.GetTimestamp(), duration);
        if (pace is null)
            return Sequence.MarkOf(producer);
        pace.Restart();
        return Sequence.EpochOf(pace.NextDue);
    }

    private static long EndOfPhase(long now, TimeSpan length) => now + (long)(length.TotalSeconds * Stopwatch.Frequency);
}
