using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// The answering side of the latency suite: <c>do { more = course.Read(message); send what Write writes } while
/// (more)</c>. It verifies every message and answers with one of its own.
/// </summary>
/// <param name="size">Bytes in a message.</param>
/// <param name="isStamped">Whether messages carry the time at which they were sent, instead of a number.</param>
internal sealed class EchoCourse(int size, bool isStamped = false)
{
    private static readonly ulong s_oldestStamp = (ulong)Stopwatch.Frequency * 60;

    private readonly List<(ulong Messages, ResourceUsage Usage)> _marks = [];
    private ulong _pong;
    private ulong _last;

    // Of stamps none is known before; 0 is no message.
    private ulong _expected = isStamped ? 0 : Sequence.First;

    public ulong Messages { get; private set; }

    /// <summary>The messages that count: those between the first two marks.</summary>
    public ulong Measured => _marks[1].Messages - _marks[0].Messages - 1;

    /// <summary>What this process used meanwhile.</summary>
    public ResourceUsage Usage => _marks[1].Usage - _marks[0].Usage;

    /// <summary>What it used in the idle time after that: from one mark to the next.</summary>
    public ResourceUsage IdleUsage => _marks.Count > 3 ? _marks[2].Usage - _marks[1].Usage : default;

    /// <summary>
    /// Where messages are stamped, those that count, from before one was written until it was handed over here, in ticks of
    /// <see cref="Stopwatch"/>: both processes read the one monotonic clock of the machine.
    /// </summary>
    public Histogram OneWays { get; } = new();

    public int Size => size;

    /// <summary>The number that the answer carries.</summary>
    public ulong Pong => _pong;

    /// <summary>Verifies the next message. False if it is the last one (which is answered, too).</summary>
    public bool Read(ReadOnlySpan<byte> ping)
    {
        if (Payload.Matches(ping, size, _expected))
            return Accept(_expected);
        long now = Stopwatch.GetTimestamp();
        ulong found = ping.Length == size ? MemoryMarshal.Read<ulong>(ping) : 0;
        if (IsUncounted(found, now) && Payload.Matches(ping, size, found))
            return AcceptUncounted(found, now);
        throw Payload.Mismatch(ping, size, _expected);
    }

    /// <summary>The message of a transport that moves no more than the number.</summary>
    public bool Confirm(ulong ping)
    {
        if (ping == _expected)
            return Accept(ping);
        long now = Stopwatch.GetTimestamp();
        return IsUncounted(ping, now)
            ? AcceptUncounted(ping, now)
            : throw new PerfException($"expected message {_expected}, found message {ping}");
    }

    public void Write(Span<byte> pong) => Payload.Write(pong, _pong);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Accept(ulong ping)
    {
        Messages++;
        _expected = ping + 1;
        _pong = ping ^ Sequence.PongBit;
        return true;
    }

    /// <summary>Whether that is a message that is not counted on: a mark, the end, or a stamp, which is later than the last and not yet to come.</summary>
    private bool IsUncounted(ulong ping, long now) =>
        ping >= Sequence.FirstMark || (isStamped && ping > _last && ping <= (ulong)now && (ulong)now - ping < s_oldestStamp);

    private bool AcceptUncounted(ulong ping, long now)
    {
        Messages++;
        _pong = ping ^ Sequence.PongBit;
        if (ping >= Sequence.FirstMark)
        {
            _marks.Add((Messages, ResourceUsage.Now()));
        }
        else
        {
            _last = ping;
            if (_marks.Count == 1)
                OneWays.Record(now - (long)ping);
        }

        return ping != Sequence.End;
    }
}
