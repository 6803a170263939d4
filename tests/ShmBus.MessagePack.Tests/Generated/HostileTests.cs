using FsCheck;
using FsCheck.Fluent;
using ShmBus.Serialization;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>Whatever bytes are read as whatever type: nothing but <see cref="MessagePackException"/> is thrown, and memory stays in proportion.</summary>
internal sealed class HostileTests
{
    /// <summary>An element of one byte may be an empty object: 100 bytes, a place in a list, and the list that was outgrown.</summary>
    private const int PerByte = 256;

    private const int PerMessage = 16 * 1024;

    [Test]
    public void Messages_with_bytes_changed_and_ends_cut_off()
    {
        Hold(Tick.MessagePack, SampleGenerator.Tick);
        Hold(Order.MessagePack, SampleGenerator.Order);
        Hold(Person.MessagePack, SampleGenerator.Person);
        Hold(IShape.MessagePack, SampleGenerator.Shape);
        Hold(Everything.MessagePack, SampleGenerator.Everything);
        Hold(Collections.MessagePack, SampleGenerator.Collections);
    }

    [Test]
    public void Values_of_any_kind() => Prop.ForAll(ValueGenerator.Any.ToArbitrary(), static value =>
    {
        byte[] bytes = value.ToBytes();
        Check(Tick.MessagePack, bytes);
        Check(Order.MessagePack, bytes);
        Check(Person.MessagePack, bytes);
        Check(IShape.MessagePack, bytes);
        Check(Everything.MessagePack, bytes);
        Check(Collections.MessagePack, bytes);
        Check(Node.MessagePack, bytes);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Test]
    public void Every_beginning_of_a_message_is_refused_and_so_is_what_follows_it()
    {
        byte[] bytes = Collections.MessagePack.Bytes(SampleGenerator.Collections.Sample(20, 6).First(static each => each.Array is { Length: > 1 }));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.That(Collections.MessagePack.Failure(bytes[..length]), Is.Not.Null);
        }
        Assert.That(Collections.MessagePack.Failure([.. bytes, 0xC0])?.Expected, Is.EqualTo("the end of the data"));
    }

    [TestCase("81a16ec0", TestName = "Nil_where_an_array_of_members_should_be_is_refused_by_a_struct")]
    [TestCase("c0", TestName = "Nil_is_no_struct")]
    [TestCase("98a0cb00", TestName = "Text_is_no_number")]
    public void Refused_as_a_struct(string bytes) => Assert.That(Tick.MessagePack.Failure(Convert.FromHexString(bytes)), Is.Not.Null);

    [Test]
    public void What_a_type_cannot_be_is_refused_by_name()
    {
        Assert.That(IShape.MessagePack.Failure([0x92, 0x05, 0x90])?.Message, Does.Contain("IShape").And.Contain("5"));
        Assert.That(IShape.MessagePack.Failure([0x93, 0x00, 0x90, 0x90])?.Message, Does.Contain("array of 3"));
        Assert.That(IShape.MessagePack.Failure([0x92, 0x81, 0xCC, 0x00])?.Position, Is.EqualTo(1));
        Assert.That(Collections.MessagePack.Failure([0xDC, 0, 15, .. Enumerable.Repeat((byte)0xC0, 14), 0x81, 0xC0, 0x01])?.Message, Does.Contain("a key").And.Contain("nil"));
        Assert.That(Everything.MessagePack.Failure([0xDC, 0, 36, .. Enumerable.Repeat((byte)0xC0, 35), 0x93, 1, 0xA0, 1])?.Expected, Is.EqualTo("an array of 2"));
        Assert.That(Collections.MessagePack.Failure([0x91, 0x91, 0xC0])?.Expected, Does.StartWith("an integer"), "Nil is no number, but for a member of its own.");
        // The last but one number is none: the position is right within a run.
        Assert.That(Tick.MessagePack.Failure([0x98, 1, 0xCA, 0, 0, 0, 0, 0x02, 3, 4, 5, 0xFF, 0xC2])?.Position, Is.EqualTo(11));
    }

    [TestCase("91")]
    [TestCase("92c091")]
    public void Objects_in_each_other_are_refused_before_the_stack_ends(string level)
    {
        byte[] deep = [.. Enumerable.Repeat(Convert.FromHexString(level), 1_000_000).SelectMany(static each => each)];
        Assert.That(Node.MessagePack.Failure(deep), Is.Not.Null);
        byte[] exact = [.. Enumerable.Repeat<byte>(0x91, 63), 0x90];
        Assert.That(Node.MessagePack.Failure(exact), Is.Null);
        Assert.That(Node.MessagePack.Failure([0x91, .. exact])?.Expected, Does.StartWith("at most 64 values"));
    }

    [Test]
    public void What_is_announced_is_not_made_room_for_before_it_comes()
    {
        // A million structs of 48 bytes each, that are not there.
        byte[] bytes = [0xDC, 0, 25, .. Enumerable.Repeat((byte)0xC0, 24), 0xDD, 0, 0x0F, 0x42, 0x40, .. new byte[1_000_000]];
        Assert.That(Collections.MessagePack.Failure(bytes), Is.Not.Null);
        Assert.That(Allocated(() => Collections.MessagePack.Failure(bytes)), Is.LessThan(9 * bytes.Length));
        bytes[0x1C] = 0xFF;
        Assert.That(Allocated(() => Collections.MessagePack.Failure(bytes)), Is.LessThan(PerMessage));
    }

    private static void Hold<T>(IMessageSerializer<T> serializer, Gen<T> values)
    {
        int refused = 0;
        Prop.ForAll((from value in values from at in Gen.Choose(0, int.MaxValue) from to in Gen.Choose(0, 255) from end in Gen.Choose(0, int.MaxValue) from isCut in Gen.Elements(false, true)
            select (value, at, to, end, isCut)).ToArbitrary(), each =>
        {
            byte[] bytes = serializer.Bytes(each.value);
            bytes[each.at % bytes.Length] = (byte)each.to;
            refused += Check(serializer, each.isCut ? bytes[..(each.end % bytes.Length)] : bytes) ? 1 : 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(700).WithEndSize(30));
        Assert.That(refused, Is.InRange(1, 699));
    }

    private static bool Check<T>(IMessageSerializer<T> serializer, byte[] bytes)
    {
        bool isRefused = serializer.Failure(bytes) is not null;
        Assert.That(Allocated(() => serializer.Failure(bytes)), Is.LessThan(PerMessage + PerByte * bytes.Length), Convert.ToHexStringLower(bytes));
        return isRefused;
    }

    private static long Allocated<T>(Func<T> action)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 2; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
