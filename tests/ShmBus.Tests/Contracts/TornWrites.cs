using ShmBus.Regions;
using ShmBus.Serialization;

namespace ShmBus.Tests.Contracts;

/// <summary>One that writes a contract is killed after any number of bytes: what was there counts, or what it wrote, and it can be gone on with.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class TornWrites
{
    private static readonly string[] Shapes = ["T{0:i32}", "T{0:i32,1:str}", "T{0:i32,1:str,2:[T]}", "T{0:i32,1:str,2:[T],3:f64}"];

    [Test]
    public void What_was_there_or_what_was_written_counts_after_any_number_of_bytes([Values(0, 1, 2, 3)] int texts)
    {
        int whole = 0;
        for (int bytes = 0; whole == 0; bytes++)
        {
            using RegionArray region = RegionArray.Create(TopicOptions.Default.ToHeader(), "torn");
            for (int i = 0; i < texts; i++)
            {
                Write(region, i);
            }
            using KilledWriter writer = new(region, bytes);
            try
            {
                Write(writer, texts);
                whole++;
            }
            catch (KilledException)
            {
                // As far as it came.
            }
            string?[] expected = [texts == 0 ? null : Text(texts - 1), Text(texts)];
            Assert.That(RegionContract.TryRead(region, out RegionContract kept), Is.Null, $"after {bytes} bytes");
            Assert.That(kept.Text, Is.EqualTo(whole > 0 ? expected[1] : expected[0]).Or.EqualTo(expected[1]), $"after {bytes} bytes");
            Write(region, texts);
            Assert.That(RegionContract.Read(region).Text, Is.EqualTo(expected[1]), $"after {bytes} bytes");
        }
    }

    private static string Text(int index) => new MessageContract("test", "T", Shapes[index]).ToString();

    private static void Write(RegionSource region, int index) => RegionContract.Read(region).Replace(region, RegionContract.TryCompress(Text(index))!);

    private sealed class KilledException : Exception;

    /// <summary>A region of which some bytes only are written.</summary>
    private sealed class KilledWriter(RegionArray region, int bytes) : RegionSource(region.Header, region.DisplayPath, isReadOnly: false)
    {
        private int _left = bytes;

        internal override string? Path => null;

        internal override void Read(Span<byte> bytes, long offset) => region.Read(bytes, offset);

        internal override void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            region.Write(bytes[..Math.Min(_left, bytes.Length)], offset);
            _left -= bytes.Length;
            if (_left < 0)
            {
                throw new KilledException();
            }
        }

        internal override RegionSource Reopen(RegionOptions options, bool readOnly) => throw new NotSupportedException();

        internal override void Reserve() => throw new NotSupportedException();

        internal override RegionMemory Map(RegionOptions options, bool readOnly) => throw new NotSupportedException();

        internal override bool TryLock(long offset) => throw new NotSupportedException();

        internal override void Unlock(long offset) => throw new NotSupportedException();

        internal override bool IsLocked(long offset) => throw new NotSupportedException();

        internal override void Touch() => throw new NotSupportedException();

        internal override RegionName CheckName() => RegionName.Anonymous;

        public override void Dispose()
        {
            // Its region is another's.
        }
    }
}
