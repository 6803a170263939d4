using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// The measuring side of the latency suite, as a transport's loop sees it: <c>while (course.Next()) { send what
/// Write writes; give the answer to Read }</c>. A round trip lasts from before its message is written until its
/// answer is verified; those of the warm-up are verified, but not recorded.
/// </summary>
/// <param name="size">Bytes in a message.</param>
/// <param name="warmUp">How long round trips are not recorded.</param>
/// <param name="duration">How long they are, after that.</param>
/// <param name="gap">The pause before each, in which the other side goes to sleep.</param>
internal sealed class PingCourse(int size, TimeSpan warmUp, TimeSpan duration, TimeSpan gap)
{
    private readonly long _warmUpTicks = (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
    private readonly long _durationTicks = (long)(duration.TotalSeconds * Stopwatch.Frequency);
    private long _measuredFrom;
    private long _until;
    private long _start;

    /// <summary>Round trips in ticks of <see cref="Stopwatch"/>.</summary>
    public Histogram RoundTrips { get; } = new();

    /// <summary>The number that the current message carries.</summary>
    public ulong Ping { get; private set; } = Sequence.First - 1;

    /// <summary>All round trips, those of the warm-up and the last one included.</summary>
    public ulong Messages { get; private set; }

    public int Size => size;

    /// <summary>Starts a round trip. False once the last one is over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next()
    {
        if (gap > TimeSpan.Zero)
            Thread.Sleep(gap);
        _start = Stopwatch.GetTimestamp();
        if (_start < _until)
        {
            Ping++;
            return true;
        }

        return BeginOrEnd();
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
        if (_start >= _measuredFrom && Ping != Sequence.End)
            RoundTrips.Record(end - _start);
    }

    private bool BeginOrEnd()
    {
        if (Ping == Sequence.End)
            return false;

        if (_until == 0)
        {
            _measuredFrom = _start + _warmUpTicks;
            _until = _measuredFrom + _durationTicks;
            Ping = Sequence.First;
        }
        else if (RoundTrips.Count == 0)
        {
            // Held up all the time: one round trip is measured at least.
            Ping++;
        }
        else
        {
            Ping = Sequence.End;
        }

        return true;
    }
}
