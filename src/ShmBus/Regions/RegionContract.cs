using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Text;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.Regions;

/// <summary>
/// What a region keeps in writing about its messages: one text, in the half that was written later. Whoever writes has the lock on the
/// first byte, and writes the other half, its text first and the numbers that make it count last. So one who is killed on the way
/// leaves what was there, and one who reads needs no lock.
/// </summary>
/// <remarks>
/// The bytes are read once, into private memory. Anybody who can write to the region can write anything here: what is not as it
/// should be is refused, at a cost that has a bound.
/// </remarks>
internal readonly record struct RegionContract
{
    /// <summary>The longest text, in bytes of UTF-8, however well it can be compressed.</summary>
    internal const int MaxTextLength = 16 << 10;

    /// <summary>The longest compressed text.</summary>
    private const int MaxLength = ContractHalfSize - ContractTextOffset;

    /// <summary>How often one who has no lock looks before it believes that both halves are wrong: they may be written while it reads.</summary>
    private const int MostLooks = 100;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text, or null where none was written.</summary>
    internal string? Text { get; private init; }

    private uint Generation { get; init; }

    private int Half { get; init; }

    /// <summary>What a region keeps.</summary>
    /// <exception cref="RegionFormatException">It was written over.</exception>
    internal static RegionContract Read(RegionSource source)
    {
        RegionContract found = default;
        string? wrong = null;
        for (int look = 0; look < MostLooks; look++, Thread.Yield())
        {
            wrong = TryRead(source, out found);
            if (wrong is null)
            {
                return found;
            }
        }
        throw new RegionFormatException(source.DisplayPath, $"the contract that it keeps was damaged: {wrong}");
    }

    /// <summary>Looks once. Why there is nothing to be read, or null. Who has the lock need not look again.</summary>
    internal static string? TryRead(RegionSource source, out RegionContract found)
    {
        Span<byte> bytes = stackalloc byte[2 * ContractHalfSize];
        source.Read(bytes, ContractOffset);
        bool isFirst = TryFind(bytes, 0, out RegionContract first);
        bool isSecond = TryFind(bytes, 1, out RegionContract second);
        found = default;
        if (!isFirst && !isSecond)
        {
            // Of the first text all but its number may be there: that comes last.
            return first.Generation == 0 && second.Generation == 0 ? null : "neither half has the checksum of its bytes";
        }
        if (isFirst && isSecond && first.Generation == second.Generation)
        {
            return $"both halves say that they are number {first.Generation}";
        }
        // The numbers begin anew after the last one.
        RegionContract last = isFirst && (!isSecond || (int)(first.Generation - second.Generation) > 0) ? first : second;
        if (!TryExpand(bytes[(last.Half * ContractHalfSize)..], out string? text))
        {
            return "what is written there is not a text, or too long";
        }
        found = last with { Text = text };
        return null;
    }

    /// <summary>The bytes that a text would take, or null where there is no room for it.</summary>
    internal static byte[]? TryCompress(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] compressed = new byte[MaxLength];
        return bytes.Length <= MaxTextLength && BrotliEncoder.TryCompress(bytes, compressed, out int length, quality: 11, window: 16) ? compressed[..length] : null;
    }

    /// <summary>Writes another text in the place of this one. The caller has the lock, and has read this one since it has it.</summary>
    internal void Replace(RegionSource source, byte[] compressed)
    {
        Span<byte> half = stackalloc byte[ContractTextOffset + compressed.Length];
        compressed.CopyTo(half[ContractTextOffset..]);
        BinaryPrimitives.WriteUInt32LittleEndian(half[ContractLengthOffset..], (uint)compressed.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(half[ContractGenerationOffset..], Generation == uint.MaxValue ? 1 : Generation + 1);
        BinaryPrimitives.WriteUInt32LittleEndian(half[ContractChecksumOffset..], Crc32C.Of(half[ContractLengthOffset..]));
        long offset = ContractOffset + (Generation == 0 ? 0 : (1 - Half) * ContractHalfSize);
        source.Write(half[ContractTextOffset..], offset + ContractTextOffset);
        source.Write(half[..ContractTextOffset], offset);
    }

    /// <summary>Whether a half was written whole.</summary>
    private static bool TryFind(ReadOnlySpan<byte> bytes, int index, out RegionContract found)
    {
        ReadOnlySpan<byte> half = bytes.Slice(index * ContractHalfSize, ContractHalfSize);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(half[ContractLengthOffset..]);
        uint generation = BinaryPrimitives.ReadUInt32LittleEndian(half[ContractGenerationOffset..]);
        found = new RegionContract { Generation = generation, Half = index };
        return generation != 0 && length <= MaxLength &&
            BinaryPrimitives.ReadUInt32LittleEndian(half[ContractChecksumOffset..]) == Crc32C.Of(half[ContractLengthOffset..(ContractTextOffset + (int)length)]);
    }

    private static bool TryExpand(ReadOnlySpan<byte> half, [NotNullWhen(true)] out string? text)
    {
        text = null;
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(half[ContractLengthOffset..]);
        byte[] bytes = new byte[MaxTextLength];
        if (!BrotliDecoder.TryDecompress(half.Slice(ContractTextOffset, length), bytes, out int written))
        {
            return false;
        }
        try
        {
            text = StrictUtf8.GetString(bytes, 0, written);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
