namespace ShmBus.MessagePack.Tests;

/// <summary>Writing and reading allocate nothing but the strings and arrays that are returned.</summary>
internal sealed class AllocationTests
{
    private static readonly byte[] Raw = [0x92, 0xC0, 0xC3];
    private static readonly byte[] Some = new byte[300];
    private static readonly string Long = new('ü', 300);
    private static readonly Guid Identity = Guid.NewGuid();
    private static readonly DateTime Now = DateTime.UtcNow;
    private static readonly DateTimeOffset There = new(Now.Ticks, TimeSpan.FromHours(2));

    [Test]
    public void Nothing_is_allocated_to_write_and_read()
    {
        FixedOutput output = new(4096);
        RunOnce(output);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            RunOnce(output);
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_string_is_all_that_is_allocated_to_read_one()
    {
        byte[] bytes = new Text("twelve chars").ToBytes();
        string expected = new MessagePackReader(bytes).ReadString()!;
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = new string(expected.AsSpan());
        long ofOne = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        string read = new MessagePackReader(bytes).ReadString()!;
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.EqualTo(ofOne));
        Assert.That(read, Is.EqualTo("twelve chars"));
    }

    private static void RunOnce(FixedOutput output)
    {
        output.Clear();
        MessagePackWriter writer = new(output);
        writer.WriteNil();
        writer.Write(true);
        writer.Write(-1L);
        writer.Write(1000);
        writer.Write(ulong.MaxValue);
        writer.Write(long.MinValue);
        writer.Write(1.5f);
        writer.Write(0.1);
        writer.Write("text");
        writer.Write(Long);
        writer.Write(Some);
        writer.WriteExtension(5, Some);
        writer.WriteRaw(Raw);
        writer.Write('x');
        writer.Write(1.50m);
        writer.Write(Identity);
        writer.Write(Now);
        writer.Write(There);
        writer.Write(TimeSpan.MaxValue);
        writer.Write(DateOnly.MaxValue);
        writer.Write(TimeOnly.MaxValue);
        writer.WriteMapHeader(1);
        writer.Write("key");
        writer.WriteNil();
        writer.Flush();

        MessagePackReader reader = new(output.WrittenSpan);
        bool same = reader.TryReadNil();
        same &= reader.ReadBoolean();
        same &= reader.ReadSByte() == -1;
        same &= reader.ReadInt32() == 1000;
        same &= reader.ReadUInt64() == ulong.MaxValue;
        same &= reader.ReadInt64() == long.MinValue;
        same &= reader.ReadSingle() == 1.5f;
        same &= reader.ReadDouble() == 0.1;
        same &= reader.ReadStringSpan().SequenceEqual("text"u8);
        same &= reader.ReadStringSpan().Length == 2 * Long.Length;
        same &= reader.ReadBytes().SequenceEqual(Some);
        same &= reader.ReadExtension(out sbyte type).SequenceEqual(Some) && type == 5;
        same &= reader.ReadRaw().SequenceEqual(Raw);
        same &= reader.ReadChar() == 'x';
        same &= reader.ReadDecimal() == 1.5m;
        same &= reader.ReadGuid() == Identity;
        same &= reader.ReadDateTime() == Now;
        same &= reader.ReadDateTimeOffset() == There;
        same &= reader.ReadTimeSpan() == TimeSpan.MaxValue;
        same &= reader.ReadDateOnly() == DateOnly.MaxValue;
        same &= reader.ReadTimeOnly() == TimeOnly.MaxValue;
        reader.Skip();
        if (!same || !reader.End)
        {
            Assert.Fail("What was read is not what was written.");
        }
    }
}
