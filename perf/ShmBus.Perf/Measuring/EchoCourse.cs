namespace ShmBus.Perf.Measuring;

/// <summary>
/// The answering side of the latency suite: <c>do { more = course.Read(message); send what Write writes } while
/// (more)</c>. It verifies every message and answers with one of its own.
/// </summary>
internal sealed class EchoCourse(int size)
{
    private ulong _pong;
    private ulong _expected = Sequence.First;

    public ulong Messages { get; private set; }

    public int Size => size;

    /// <summary>The number that the answer carries.</summary>
    public ulong Pong => _pong;

    /// <summary>Verifies the next message. False if it is the last one (which is answered, too).</summary>
    public bool Read(ReadOnlySpan<byte> ping)
    {
        if (Payload.Matches(ping, size, _expected))
            return Accept(_expected);
        if (Payload.Matches(ping, size, Sequence.End))
            return Accept(Sequence.End);
        throw Payload.Mismatch(ping, size, _expected);
    }

    /// <summary>The message of a transport that moves no more than the number.</summary>
    public bool Confirm(ulong ping)
    {
        if (ping != _expected && ping != Sequence.End)
            throw new PerfException($"expected message {_expected}, found message {ping}");
        return Accept(ping);
    }

    public void Write(Span<byte> pong) => Payload.Write(pong, _pong);

    private bool Accept(ulong ping)
    {
        Messages++;
        _expected = ping + 1;
        _pong = ping ^ Sequence.PongBit;
        return ping != Sequence.End;
    }
}
