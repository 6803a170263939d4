using System.Buffers.Binary;
using System.Text;

namespace ShmBus.Passing;

/// <summary>What a message of the hand-over says.</summary>
internal enum HandoverKind : ushort
{
    /// <summary>To the server: an endpoint of a topic is asked for.</summary>
    Request = 1,

    /// <summary>To the client: here it is; the descriptors are the region, and its eventfds.</summary>
    Grant = 2,

    /// <summary>To the client: no, and why.</summary>
    Refusal = 3,

    /// <summary>To the parent: the child is there, with the token that it was started with.</summary>
    Hello = 4,

    /// <summary>To the child: the descriptor is the connection from now on.</summary>
    Welcome = 5,
}

/// <summary>
/// One message of the hand-over, as it goes over the socket: a head of 16 bytes and two texts. LAYOUT.md says the same in words.
/// </summary>
/// <param name="Kind">What it says.</param>
/// <param name="Value">Request: the grant that is asked for. Grant: how many eventfds follow the region. Else 0.</param>
/// <param name="First">Request: the topic's name. Hello: the token. Refusal: the reason. Else empty.</param>
/// <param name="Second">Request and grant: the contract. Else empty.</param>
internal readonly record struct HandoverMessage(HandoverKind Kind, uint Value, string First, string Second)
{
    /// <summary>"SHMH" read as a little-endian number.</summary>
    internal const uint Magic = 0x484D_4853;
    internal const ushort Version = 1;

    internal const int HeadSize = 16;
    internal const int VersionOffset = 4;      // u16
    internal const int KindOffset = 6;         // u16
    internal const int ValueOffset = 8;        // u32
    internal const int FirstLengthOffset = 12; // u16
    internal const int SecondLengthOffset = 14; // u16

    /// <summary>The most bytes of either text.</summary>
    internal const int MaxText = 1024;

    /// <summary>One byte more than the longest message has: what fills it is too long.</summary>
    internal const int BufferSize = HeadSize + 2 * MaxText + 1;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal byte[] Encode()
    {
        byte[] first = Utf8.GetBytes(First);
        byte[] second = Utf8.GetBytes(Second);
        byte[] bytes = new byte[HeadSize + first.Length + second.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(VersionOffset), Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(KindOffset), (ushort)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ValueOffset), Value);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(FirstLengthOffset), (ushort)first.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(SecondLengthOffset), (ushort)second.Length);
        first.CopyTo(bytes, HeadSize);
        second.CopyTo(bytes, HeadSize + first.Length);
        return bytes;
    }

    /// <summary>Reads a message that anybody may have sent.</summary>
    /// <exception cref="HandoverException">It is none; says what was found.</exception>
    internal static HandoverMessage Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadSize)
        {
            throw new HandoverException($"a message has {bytes.Length} bytes; expected at least {HeadSize}");
        }
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (magic != Magic)
        {
            throw new HandoverException($"a message begins with 0x{magic:x8}; expected 0x{Magic:x8}");
        }
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[VersionOffset..]);
        if (version != Version)
        {
            throw new HandoverException($"a message is of version {version}; this library speaks {Version}. Use the same major version of ShmBus on both sides");
        }
        int first = BinaryPrimitives.ReadUInt16LittleEndian(bytes[FirstLengthOffset..]);
        int second = BinaryPrimitives.ReadUInt16LittleEndian(bytes[SecondLengthOffset..]);
        if (first > MaxText || second > MaxText || HeadSize + first + second != bytes.Length)
        {
            throw new HandoverException($"a message of {bytes.Length} bytes says that it has texts of {first} and {second} bytes; expected at most {MaxText} each, and nothing else");
        }
        try
        {
            return new HandoverMessage(
                (HandoverKind)BinaryPrimitives.ReadUInt16LittleEndian(bytes[KindOffset..]),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[ValueOffset..]),
                Utf8.GetString(bytes.Slice(HeadSize, first)),
                Utf8.GetString(bytes.Slice(HeadSize + first, second)));
        }
        catch (DecoderFallbackException)
        {
            throw new HandoverException("a text in a message is not UTF-8");
        }
    }

    /// <summary>Refuses a text of the user's that does not fit.</summary>
    /// <exception cref="ArgumentException">It is too long, or no text at all.</exception>
    internal static void CheckText(string text, string name)
    {
        try
        {
            int bytes = Utf8.GetByteCount(text);
            if (bytes > MaxText)
            {
                throw new ArgumentException($"It has {bytes} bytes; expected at most {MaxText}.", name);
            }
        }
        catch (EncoderFallbackException exception)
        {
            throw new ArgumentException("It is no text: a surrogate stands alone.", name, exception);
        }
    }

    /// <summary>A text of the other side as it may be shown: short, and without control characters.</summary>
    internal static string Show(string text, int longest = 100)
    {
        string safe = string.Concat(text.Take(longest).Select(static character => char.IsControl(character) || char.IsSurrogate(character) ? '?' : character));
        return text.Length > longest ? safe + "..." : safe;
    }
}
