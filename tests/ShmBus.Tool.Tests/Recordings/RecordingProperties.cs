using FsCheck;
using FsCheck.Fluent;
using ShmBus.Regions;
using ShmBus.TestPeer;
using ShmBus.Tool.Recordings;

namespace ShmBus.Tool.Tests.Recordings;

/// <summary>What was recorded is read as it was; what was cut off, up to there; what was changed is found.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class RecordingProperties
{
    private static readonly Gen<int> Seeds = Gen.Choose(0, int.MaxValue);

    [Test]
    public void What_was_written_is_read() => Prop.ForAll(Seeds.ToArbitrary(), seed =>
    {
        (byte[] file, List<Recorded> written) = Write(seed);
        RecordingReader reader = Open(file);
        List<Recorded> read = Read(reader);
        return read.SequenceEqual(written) && reader is { IsClosed: true, TruncatedAt: null, Topic: "some topic", MissedBytes: 5 };
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Test]
    public void What_was_cut_off_is_read_up_to_the_last_whole_message()
    {
        (byte[] file, List<Recorded> written) = Write(seed: 3);
        int header = Header(file);
        int last = -1;
        for (int length = header; length < file.Length; length++)
        {
            RecordingReader reader = Open(file[..length]);
            List<Recorded> read = Read(reader);
            Assert.That(read, Is.EqualTo(written[..read.Count]));
            Assert.That(reader.IsClosed, Is.False);
            Assert.That(reader.TruncatedAt, Is.InRange(header, length));
            Assert.That(read, Has.Count.InRange(Math.Max(last, 0), last + 1), "One more at most with each byte more.");
            last = Math.Max(last, read.Count);
        }
        Assert.That(last, Is.EqualTo(written.Count));
    }

    [Test]
    public void A_byte_that_was_changed_is_found_and_what_is_before_is_read() => Prop.ForAll(Seeds.ToArbitrary(), seed =>
    {
        (byte[] file, List<Recorded> written) = Write(seed);
        Random random = new(seed);
        int at = random.Next(file.Length);
        file[at] ^= (byte)random.Next(1, 256);
        List<Recorded> read = [];
        try
        {
            Read(Open(file), read);
            return false;
        }
        catch (ToolException damage)
        {
            bool isNamed = at < Header(file) || damage.Message.Contains("damaged at offset", StringComparison.Ordinal);
            return isNamed && read.SequenceEqual(written[..read.Count]);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Test]
    public void Any_bytes_with_right_checksums_are_read_or_refused() => Prop.ForAll(Seeds.ToArbitrary(), seed =>
    {
        (byte[] file, _) = Write(seed);
        Random random = new(seed);
        // Another frame behind the header, by somebody who knows how to work out checksums.
        int header = Header(file);
        byte[] frame = file[header..];
        Array.Resize(ref frame, Math.Max(frame.Length, 300));
        random.NextBytes(frame.AsSpan(16, random.Next(16, 200)));
        uint length = random.Next(3) switch { 0 => (uint)random.Next(), 1 => uint.MaxValue, _ => (uint)random.Next(frame.Length - 16 + 1) };
        BitConverter.TryWriteBytes(frame, length);
        BitConverter.TryWriteBytes(frame.AsSpan(4), random.Next(5));
        BitConverter.TryWriteBytes(frame.AsSpan(8), Crc32C.Of(frame.AsSpan(16, (int)Math.Min(length, (uint)frame.Length - 16))));
        BitConverter.TryWriteBytes(frame.AsSpan(12), RecordingWriter.HeadChecksum(frame, header));
        try
        {
            Read(Open([.. file[..header], .. frame]));
        }
        catch (ToolException)
        {
        }
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Test]
    public void Any_bytes_are_no_recording() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        byte[] begun = [.. BitConverter.GetBytes(RecordingFormat.Magic), 1, 0, 0, 0, .. bytes];
        foreach (byte[] file in (byte[][])[bytes, begun])
        {
            try
            {
                Read(Open(file));
                return false;
            }
            catch (ToolException)
            {
            }
        }
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static (byte[] File, List<Recorded> Messages) Write(int seed)
    {
        Random random = new(seed);
        NumberedMessages messages = new((ulong)seed, maxLength: 2000);
        using MemoryStream stream = new();
        RecordingWriter writer = new(stream, DateTimeOffset.UnixEpoch.AddDays(random.Next(10_000)), "some topic", random.Next(2) == 0 ? null : "json Order");
        List<Recorded> written = [];
        long time = 0;
        for (int i = random.Next(20); i > 0; i--)
        {
            time += random.Next(3) * random.NextInt64(1 << 30);
            Recorded next = new(time, (uint)random.NextInt64(1L << 32), messages.Extras(i), Convert.ToHexString(messages[i]));
            writer.Add(next.Time, next.Type, next.Extras, messages[i]);
            written.Add(next);
            if (random.Next(4) == 0)
            {
                writer.Flush();
            }
        }
        writer.AddMissed(time, 5);
        writer.End(time);
        Assert.That(writer.Length, Is.EqualTo(stream.Length));
        return (stream.ToArray(), written);
    }

    private static int Header(byte[] file) => BitConverter.ToInt32(file, RecordingFormat.LengthOffset);

    private static RecordingReader Open(byte[] file) => new(new MemoryStream(file), "file");

    private static List<Recorded> Read(RecordingReader reader, List<Recorded>? read = null)
    {
        read ??= [];
        while (reader.TryRead(out RecordedMessage message))
        {
            read.Add(new Recorded(message.Time, message.Type, message.Extras, Convert.ToHexString(message.Payload.Span)));
        }
        return read;
    }

    private sealed record Recorded(long Time, uint Type, MessageExtras Extras, string Payload);
}
