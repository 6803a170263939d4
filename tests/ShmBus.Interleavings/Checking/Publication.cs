namespace ShmBus.Interleavings.Checking;

internal enum PublicationKind
{
    /// <summary>One message, maybe shorter than its claim.</summary>
    Message,

    /// <summary>Several in one claim.</summary>
    Batch,

    /// <summary>Given up.</summary>
    Aborted,

    /// <summary>Given up by one that publishes no more.</summary>
    AbortedLast,
}

/// <summary>One claim of a script, and what becomes of it. Contents follow from the messages' numbers.</summary>
internal sealed class Publication
{
    private readonly byte[] _bytes;

    private Publication(PublicationKind kind, int claimed, byte[] bytes, uint[] numbers)
    {
        Kind = kind;
        Claimed = (uint)claimed;
        _bytes = bytes;
        Numbers = numbers;
    }

    internal PublicationKind Kind { get; }

    internal uint Claimed { get; }

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The messages, by number, which is also their type.</summary>
    internal uint[] Numbers { get; }

    internal uint Type => Kind == PublicationKind.Message ? Numbers[0] : 0;

    internal static Publication Message(uint number, int length) => Short(number, length, length);

    internal static Publication Short(uint number, int claimed, int length) =>
        new(PublicationKind.Message, claimed, Contents(number, length), [number]);

    internal static Publication Batch(params (uint Number, int Length)[] messages)
    {
        MessageBatch batch = new();
        foreach ((uint number, int length) in messages)
        {
            batch.Add(Contents(number, length), number);
        }
        return new Publication(PublicationKind.Batch, batch.Length, batch.Bytes.ToArray(), [.. messages.Select(static message => message.Number)]);
    }

    internal static Publication Aborted(int claimed) => new(PublicationKind.Aborted, claimed, new byte[claimed], []);

    internal static Publication AbortedLast(int claimed) => new(PublicationKind.AbortedLast, claimed, new byte[claimed], []);

    /// <summary>Whether these are the bytes of a message. Its length is known to the first of them.</summary>
    internal static bool IsIntact(uint number, ReadOnlySpan<byte> payload)
    {
        for (int i = 0; i < payload.Length; i++)
        {
            if (payload[i] != Byte(number, payload.Length, i))
            {
                return false;
            }
        }
        return true;
    }

    private static byte[] Contents(uint number, int length) => [.. Enumerable.Range(0, length).Select(i => Byte(number, length, i))];

    private static byte Byte(uint number, int length, int index) => (byte)(number * 31 + length * 7 + index * 13 + 1);
}
