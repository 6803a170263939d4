using System.Text;
using ShmBus.Regions;

namespace ShmBus.Endpoints;

/// <summary>
/// The name of a subscriber's place in a broadcast. The place is kept when its owner leaves or dies, and the next owner of the
/// name goes on there.
/// </summary>
/// <remarks>
/// Who has the name, a lock tells: on a byte far behind the end of the file, whose offset is a hash of the name. So no two can
/// give the same name to two slots at once, and nobody has to wait for anybody.
/// </remarks>
internal sealed class PlaceName
{
    /// <summary>Beyond every file, with room for the hash below the greatest offset.</summary>
    private const long FirstLock = 1L << 62;

    /// <exception cref="ArgumentException">It cannot be one.</exception>
    internal PlaceName(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (Encoding.UTF8.GetString(bytes) != text)
        {
            // All such names would have the same bytes, and so the same place.
            throw new ArgumentException($"'{text}' cannot name a subscriber's place: it has half of a character; expected whole ones (pairs of surrogates).");
        }
        if (bytes.Length is 0 or > RegionDescriptor.PlaceNameSize || text.Any(char.IsControl))
        {
            throw new ArgumentException(
                $"'{text}' cannot name a subscriber's place: it has {bytes.Length} bytes; expected 1 to {RegionDescriptor.PlaceNameSize} bytes of UTF-8 without control characters.");
        }
        Text = text;
        Bytes = bytes;
        LockOffset = FirstLock + (long)(Hash(bytes) >> 3);
    }

    internal string Text { get; }

    internal byte[] Bytes { get; }

    /// <summary>The byte to lock.</summary>
    internal long LockOffset { get; }

    /// <summary>FNV-1a, 64 bits: <see href="http://www.isthe.com/chongo/tech/comp/fnv/"/>.</summary>
    private static ulong Hash(byte[] bytes)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * 0x100000001B3;
        }
        return hash;
    }
}
