using System.Diagnostics;
using System.Runtime.CompilerServices;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// The measuring side of the latency suite, as a transport's loop sees it: <c>while (course.Next()) { send what
/// Write writes; give the answer to Read }</c>. A round trip lasts from before its message is written until its
/// answer is verified; those of the warm-up are verified, but not recorded. A message that is a mark stands before
/// what counts, and on either side of an idle time.
/// </summary>
/// <param name="size">Bytes in a message.</param>
/// <param name="warmUp">How long round trips are not recorded.</param>
/// <param name="duration">How long they are, after that.</param>
/// <param name="gap">The pause before each, in which the other side goes to sleep.</param>
internal sealed class PingCourse(int size, TimeSpan warmUp, TimeSpan duration, TimeSpan gap)
{
    private ulong _number;
    private ulong _marks;
    private Phase _phase;
    private ResourceUsage _before;
    private long _until;
    private long _start;

    private enum Phase
    {
        Begin,
        WarmUp,
        Marked,
        Measured,
        Idle,
        IdleOver,
        Ended,
    }

    /// <summary>Messages carry the time at which they are sent instead of a number: see <see cref="EchoCourse.OneWays"/>.</summary>
    public bool IsStamped { private get; init; }

    /// <summary>How long nothing happens in the end, between two marks.</summary>
    public TimeSpan IdleTime { private get; init; }

    /// <summary>Round trips in ticks of <see cref="Stopwatch"/>.</summary>
    public Histogram RoundTrips { get; } = new();

    /// <summary>What this process used while they were recorded.</summary>
    public ResourceUsage Usage { get; private set; }

    /// <summary>What it used in the idle time.</summary>
    public ResourceUsage IdleUsage { get; private set; }

    /// <summary>The number that the current message carries.</summary>
    public ulong Ping { get; private set; }

    /// <summary>All round trips, those of the warm-up and of marks and the last one included.</summary>
    public ulong Messages { get; private set; }

    public int Size => size;

    /// <summary>Starts a round trip. False once the last one is over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next()
    {
        if (gap > TimeSpan.Zero)
            Thread.Sleep(gap);
        _start = Stopwatch.GetTimestamp();
        return _start < _until ? Advance() : BeginOrEnd();
    }

    public void Write(Span<byte> ping) => Payload.Write(ping, Ping);

    public void Read(ReadOnlySpan<byte> pong)
    {
        if (!Payload.Matches(pong, size, Ping ^ Sequence.PongBit))
            throw Payload.Mismatch(pong, size, Ping ^ Sequence.PongBit);
        Finish();
    }

    /// <summary>The answer of a transport that moves no more than the number.</summary>
    public void Confirm(ulong pong)
    {
        if (pong != (Ping ^ Sequence.PongBit))
            throw new PerfException($"expected the answer {Ping ^ Sequence.PongBit}, found {pong}");
        Finish();
    }

    private void Finish()
    {
        long end = Stopwatch.GetTimestamp();
        Messages++;
        if (_phase == Phase.Measured)
            RoundTrips.Record(end - _start);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Advance()
    {
        _number++;
        Ping = IsStamped ? (ulong)_start : _number;
        return true;
    }

    private bool BeginOrEnd()
    {
        switch (_phase)
        {
            case Phase.Begin:
                _phase = Phase.WarmUp;
                _until = _start + TicksIn(warmUp);
                return Advance();
            case Phase.WarmUp:
                return Mark(Phase.Marked);
            case Phase.Marked:
                _phase = Phase.Measured;
                _before = ResourceUsage.Now();
                _start = Stopwatch.GetTimestamp();
                _until = _start + TicksIn(duration);
                return Advance();
            case Phase.Measured when RoundTrips.Count == 0:
                // Held up all the time: one round trip is measured at least.
                return Advance();
            case Phase.Measured:
                Usage = ResourceUsage.Now() - _before;
                return IdleTime > TimeSpan.Zero ? Mark(Phase.Idle) : End();
            case Phase.Idle:
                _before = ResourceUsage.Now();
                Thread.Sleep(IdleTime);
                IdleUsage = ResourceUsage.Now() - _before;
                return Mark(Phase.IdleOver);
            case Phase.IdleOver:
                return End();
            default:
                return false;
        }
    }

    private bool Mark(Phase next)
    {
        _phase = next;
        Ping = Sequence.FirstMark + _marks++;
        return true;
    }

    private bool End()
    {
        _phase = Phase.Ended;
        Ping = Sequence.End;
        return true;
    }

    private static long TicksIn(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
