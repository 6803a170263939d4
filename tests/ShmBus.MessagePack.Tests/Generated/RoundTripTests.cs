using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>Values of the sample types, there and back; and by way of Python.</summary>
internal sealed class RoundTripTests
{
    [Test]
    public void Ticks() => Hold(Tick.MessagePack, SampleGenerator.Tick);

    [Test]
    public void Orders() => Hold(Order.MessagePack, SampleGenerator.Order);

    [Test]
    public void Persons() => Hold(Person.MessagePack, SampleGenerator.Person);

    [Test]
    public void Shapes() => Hold(IShape.MessagePack, SampleGenerator.Shape);

    [Test]
    public void Every_type_of_member() => Hold(Everything.MessagePack, SampleGenerator.Everything);

    [Test]
    public void Every_collection() => Hold(Collections.MessagePack, SampleGenerator.Collections);

    [Test]
    public void Keys_of_any_length() => Hold(LongKeys.MessagePack,
        from numbers in ArbMap.Default.GeneratorFor<int>().ArrayOf(5) select new LongKeys { None = numbers[0], Long = numbers[1], Longer = numbers[2], Longest = numbers[3], Odd = numbers[4] });

    [Test]
    public void What_Python_writes_of_them_is_read_as_the_same()
    {
        string[] python = OtherLibrariesTests.PythonScript();
        using TestDirectory directory = new();
        Exchange(python, directory, Tick.MessagePack, SampleGenerator.Tick);
        Exchange(python, directory, Order.MessagePack, SampleGenerator.Order);
        Exchange(python, directory, Person.MessagePack, SampleGenerator.Person);
        Exchange(python, directory, IShape.MessagePack, SampleGenerator.Shape);
        Exchange(python, directory, Everything.MessagePack, SampleGenerator.Everything);
        Exchange(python, directory, Collections.MessagePack, SampleGenerator.Collections);
    }

    private static void Hold<T>(IMessageSerializer<T> serializer, Gen<T> values)
    {
        using MemoryManager<byte> memory = new GuardedMemory();
        GuardedMemory guarded = (GuardedMemory)memory;
        Prop.ForAll(values.ToArbitrary(), value => HoldFor(serializer, value, guarded)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private static void HoldFor<T>(IMessageSerializer<T> serializer, T value, GuardedMemory guarded)
    {
        byte[] bytes = serializer.Bytes(value);
        T read = serializer.Read(bytes);
        Assert.That(serializer.Bytes(read), Is.EqualTo(bytes));
        if (read is Tick or IShape)
        {
            Assert.That(read is Square square ? square.Side : (object)read, Is.EqualTo(value is Square other ? other.Side : value));
        }
        // One by one, where room is short, as at once; and not a byte more is asked for than is written.
        FixedOutput narrow = new(bytes.Length);
        serializer.Serialize(new OneByOne(narrow), value);
        Assert.That(narrow.WrittenSpan.ToArray(), Is.EqualTo(bytes));
        // Nor is a byte beyond the end touched, however much room there is behind the value: fields are written and read without a look each.
        foreach (int room in new[] { 0, 1, 8, 40, 90 })
        {
            serializer.Serialize(guarded.Last(bytes.Length + room), value);
            Assert.That(guarded.WrittenBytes.AsSpan().SequenceEqual(bytes), Is.True, $"with {room} bytes behind it");
        }
        foreach (int length in new[] { bytes.Length, bytes.Length - 1, bytes.Length / 2, bytes.Length / 3 })
        {
            try
            {
                serializer.Deserialize(new MessagePayload(guarded.Of(bytes.AsSpan(0, length))), out read);
                Assert.That(length, Is.EqualTo(bytes.Length));
                Assert.That(serializer.Bytes(read), Is.EqualTo(bytes));
            }
            catch (MessagePackException) when (length < bytes.Length)
            {
                // It was cut off.
            }
        }
    }

    private static void Exchange<T>(string[] python, TestDirectory directory, IMessageSerializer<T> serializer, Gen<T> values)
    {
        byte[][] written = [.. values.Sample(200, 20).Select(each => serializer.Bytes(each))];
        string file = directory.File("values");
        File.WriteAllBytes(file, [.. written.SelectMany(static each => each)]);
        Tool.Result result = Tool.Run(python[0], [.. python[1..], file]);
        Assert.That(result.Succeeded, Is.True, result.Error);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(written.Length));
        foreach ((string line, byte[] bytes) in lines.Zip(written))
        {
            string[] answer = line.Split('\t');
            Assert.That(answer[0], Is.EqualTo(Value.Read(bytes).ToString()), "as read there");
            // Python has floats of 64 bits only, so its bytes may be others.
            Assert.That(serializer.Bytes(serializer.Read(Convert.FromHexString(answer[1]))), Is.EqualTo(bytes), "as written there");
        }
    }

    /// <summary>Gives what was asked for and no more, so that nothing is ever written at once.</summary>
    private sealed class OneByOne(FixedOutput output) : System.Buffers.IBufferWriter<byte>
    {
        public void Advance(int count) => output.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(Math.Max(sizeHint, 1))[..Math.Max(sizeHint, 1)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
