using System.Numerics;

namespace ShmBus.Tool.Bench;

/// <summary>Counts durations in buckets that grow with them: 64 for each power of two, so a percentile is at most 1.6 % too high.</summary>
internal sealed class LatencyHistogram
{
    private const int Bits = 6;

    private readonly long[] _counts = new long[(64 - Bits + 1) << Bits];
    private long _count;

    internal void Add(long value)
    {
        _counts[BucketOf(value)]++;
        _count++;
    }

    /// <summary>The least value that at least so large a part of all do not exceed.</summary>
    internal long Percentile(double part)
    {
        long left = Math.Max(1, (long)Math.Ceiling(part * _count));
        int bucket = 0;
        while ((left -= _counts[bucket]) > 0)
        {
            bucket++;
        }
        int octave = Math.Max(0, (bucket >> Bits) - 1);
        return ((bucket - ((long)octave << Bits) + 1) << octave) - 1;
    }

    private static int BucketOf(long value)
    {
        int octave = Math.Max(0, BitOperations.Log2((ulong)value) - Bits);
        return (octave << Bits) + (int)(value >> octave);
    }
}
