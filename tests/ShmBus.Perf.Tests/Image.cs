using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ShmBus.Perf.Tests;

/// <summary>The pixels of a PNG as a browser writes it: eight bits for each of red, green and blue, perhaps alpha, not interlaced.</summary>
internal sealed class Image
{
    private const int Signature = 8;

    private readonly byte[] _pixels;
    private readonly int _channels;

    private Image(int width, int height, int channels, byte[] pixels) => (Width, Height, _channels, _pixels) = (width, height, channels, pixels);

    internal int Width { get; }

    internal int Height { get; }

    internal (byte Red, byte Green, byte Blue) this[int x, int y]
    {
        get
        {
            int at = (y * Width + x) * _channels;
            return (_pixels[at], _pixels[at + 1], _pixels[at + 2]);
        }
    }

    internal static Image Read(string file)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(file).AsSpan(Signature);
        (int width, int height, int channels) = (0, 0, 0);
        using MemoryStream packed = new();
        while (rest.Length > 0)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            ReadOnlySpan<byte> data = rest.Slice(8, length);
            switch (Encoding.ASCII.GetString(rest.Slice(4, 4)))
            {
                case "IHDR":
                    width = BinaryPrimitives.ReadInt32BigEndian(data);
                    height = BinaryPrimitives.ReadInt32BigEndian(data[4..]);
                    channels = (data[8], data[9], data[12]) switch
                    {
                        (8, 2, 0) => 3,
                        (8, 6, 0) => 4,
                        _ => throw new NotSupportedException("This PNG is of another kind."),
                    };
                    break;
                case "IDAT":
                    packed.Write(data);
                    break;
            }
            rest = rest[(length + 12)..];
        }
        packed.Position = 0;
        using ZLibStream unpacked = new(packed, CompressionMode.Decompress);
        byte[] pixels = new byte[width * height * channels];
        byte[] above = new byte[width * channels];
        for (int y = 0; y < height; y++)
        {
            int filter = unpacked.ReadByte();
            Span<byte> line = pixels.AsSpan(y * width * channels, width * channels);
            unpacked.ReadExactly(line);
            Undo(filter, line, above, channels);
            line.CopyTo(above);
        }
        return new Image(width, height, channels, pixels);
    }

    /// <summary>Each byte is a difference to what is to its left and above.</summary>
    private static void Undo(int filter, Span<byte> line, ReadOnlySpan<byte> above, int channels)
    {
        for (int i = 0; i < line.Length; i++)
        {
            int left = i < channels ? 0 : line[i - channels];
            int corner = i < channels ? 0 : above[i - channels];
            line[i] += (byte)(filter switch
            {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                _ => Paeth(left, above[i], corner),
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int guess = left + up - corner;
        (int toLeft, int toUp, int toCorner) = (Math.Abs(guess - left), Math.Abs(guess - up), Math.Abs(guess - corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
