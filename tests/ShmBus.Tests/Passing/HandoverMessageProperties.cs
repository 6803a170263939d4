using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using ShmBus.Passing;

namespace ShmBus.Tests.Passing;

/// <summary>Whatever bytes come, they are a message that says just that, or no message.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class HandoverMessageProperties
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements("", "numbers", "\0", "\u001b[31m\r\n", "\u2028\u202e", "数値", "😀", new string('x', HandoverMessage.MaxText)),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(static any => any.Get).Where(IsText));

    private static readonly Gen<HandoverMessage> Message =
        from kind in Gen.Choose(0, ushort.MaxValue)
        from value in ArbMap.Default.GeneratorFor<uint>()
        from first in Text
        from second in Text
        select new HandoverMessage((HandoverKind)kind, value, first, second);

    [Test]
    public void What_is_encoded_is_decoded() =>
        Prop.ForAll(Message.ToArbitrary(), static message => HandoverMessage.Decode(message.Encode()) == message).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Test]
    public void Bytes_of_any_length_are_no_message_or_one_that_is_encoded_in_the_same_way() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), static bytes => IsRefusedOrSame(bytes)).QuickCheckThrowOnFailure();

    [Test]
    public void A_message_with_bytes_changed_cut_off_or_added_is_none_or_is_encoded_in_the_same_way()
    {
        Gen<byte[]> spoiled =
            from message in Message
            from changes in (from at in Gen.Choose(0, 40) from value in Gen.Choose(0, 255) select (at, (byte)value)).ListOf()
            from length in Gen.Choose(-40, 40)
            select Spoil(message.Encode(), changes, length);
        Prop.ForAll(spoiled.ToArbitrary(), static bytes => IsRefusedOrSame(bytes)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Test]
    public void Any_lengths_of_texts_are_refused_unless_they_fit([Values(0, 1, 1024, 1025, 65535)] int first, [Values(0, 1, 1024, 1025, 65535)] int second)
    {
        byte[] bytes = new byte[HandoverMessage.HeadSize + 1024 + 1];
        new HandoverMessage(HandoverKind.Request, 1, "", "").Encode().CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(HandoverMessage.FirstLengthOffset), (ushort)first);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(HandoverMessage.SecondLengthOffset), (ushort)second);
        bool fits = first + second == 1025 && first <= 1024 && second <= 1024;
        Assert.That(() => HandoverMessage.Decode(bytes), fits ? Throws.Nothing : Throws.TypeOf<HandoverException>());
    }

    [Test]
    public void What_is_shown_is_short_and_has_no_control_characters() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), static any =>
        {
            string shown = HandoverMessage.Show(any.Get);
            return shown.Length <= 103 && !shown.Any(char.IsControl) && IsText(shown);
        }).QuickCheckThrowOnFailure();

    private static bool IsRefusedOrSame(byte[] bytes)
    {
        try
        {
            return HandoverMessage.Decode(bytes).Encode().AsSpan().SequenceEqual(bytes);
        }
        catch (HandoverException)
        {
            return true;
        }
    }

    private static byte[] Spoil(byte[] bytes, IEnumerable<(int At, byte Value)> changes, int longer)
    {
        foreach ((int at, byte value) in changes)
        {
            if (at < bytes.Length)
            {
                bytes[at] = value;
            }
        }
        Array.Resize(ref bytes, Math.Max(0, bytes.Length + longer));
        return bytes;
    }

    private static bool IsText(string text)
    {
        try
        {
            HandoverMessage.CheckText(text, "text");
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
