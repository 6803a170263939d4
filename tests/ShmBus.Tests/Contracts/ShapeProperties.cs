using FsCheck;
using FsCheck.Fluent;
using ShmBus.Serialization;

namespace ShmBus.Tests.Contracts;

/// <summary>What holds for any contracts: how they are read, and how they are joined.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class ShapeProperties
{
    // Few of each, so that two meet in some and differ in others.
    private static readonly Gen<string> Member =
        from key in Gen.Choose(0, 5) from type in Gen.Frequency((6, Gen.Constant("i32")), (1, Gen.Elements("str", "i32!", "[A]", "x:y"))) select $"{key}:{type}";

    private static readonly Gen<string> Definition =
        from name in Gen.Elements("A", "B", "C")
        from members in Member.ListOf()
        from isClosed in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        let inside = string.Join(',', members.DistinctBy(static member => member[0]).Take(4))
        select isClosed ? $"{name}({inside})" : $"{name}{{{inside}}}";

    private static readonly Gen<string> Shape =
        from first in Definition
        from rest in Definition.ListOf()
        select string.Join(' ', rest.Prepend("Root" + first[1..]).DistinctBy(static definition => definition[..definition.IndexOfAny(['{', '('])]));

    private static readonly Gen<string> Scrap = Gen.Elements("A", "{", "}", "(", ")", ":", ",", "!", " ", "\u00e9", "\ud83d\ude00", "sha256:", "0", "A{0:i32}", "B(1:str)").ListOf().Select(string.Concat);

    // Of no form; some begin with all of another.
    private static readonly Gen<string> Words = Gen.Elements("8-bytes", "A{0:i32}", "(a:int)", "(b:int)", "").NonEmptyListOf().Select(static words => string.Join(' ', words.Prepend("8-bytes").Take(4)));

    private static readonly Gen<MessageContract> Contract = Shape.Select(static shape => new MessageContract("test", "T", shape));

    private static readonly Gen<MessageContract> AnyContract = Gen.Frequency((2, Shape), (3, Words), (1, Scrap)).Select(static shape => new MessageContract("test", "T", shape));

    [Test]
    public void Every_contract_is_read_as_it_was_written() =>
        Check(Contract, static contract => MessageContract.TryParse(contract.ToString(), out MessageContract? read) && read.Equals(contract) &&
            MessageShape.TryParse(contract.Shape, out MessageShape? shape) && shape.ToString() == contract.Shape);

    [Test]
    public void Any_text_is_a_contract_that_is_written_in_the_same_way_or_none()
    {
        Check(ArbMap.Default.GeneratorFor<string>().Select(static text => text ?? ""), IsNoneOrSame);
        Check(from first in Scrap from second in Scrap select $"{first} {second}", IsNoneOrSame);
        Check(Scrap, static text => !MessageShape.TryParse(text, out MessageShape? shape) || shape.ToString() == text);
    }

    [TestCase("")]
    [TestCase("test")]
    [TestCase(" T")]
    [TestCase("test ")]
    [TestCase("test  T")]
    [TestCase("test\u00a0T")]
    [TestCase("test T\u3000U")]
    [TestCase("test T x\ny")]
    [TestCase("test T \u0085")]
    [TestCase("test T <")]
    [TestCase("test ><")]
    public void Such_a_text_is_no_contract(string text) => Assert.That(MessageContract.TryParse(Halved(text), out _), Is.False);

    [TestCase("test", "T", "x\ny")]
    [TestCase("test", "T", "<")]
    [TestCase("test", "", "")]
    [TestCase("te st", "T", "")]
    [TestCase("test", ">", "")]
    public void Nobody_makes_a_contract_that_would_not_come_back_as_it_was(string format, string name, string shape) =>
        Assert.That(() => new MessageContract(format, Halved(name), Halved(shape)), Throws.ArgumentException);

    [TestCase("A{0:i32} A{1:i32}")]
    [TestCase("A{0:i32,0:i32}")]
    [TestCase("A{0:i32,}")]
    [TestCase("A{,0:i32}")]
    [TestCase("A{0}")]
    [TestCase("A{:i32}")]
    [TestCase("A{0:}")]
    [TestCase("A{0:i32)")]
    [TestCase("A{0:i32} ")]
    [TestCase("A{0:i32}  B{}")]
    [TestCase("{0:i32}")]
    [TestCase("A{")]
    [TestCase("A")]
    [TestCase("")]
    public void Such_a_text_is_no_shape_and_does_not_agree_with_one(string text)
    {
        Assert.That(MessageShape.TryParse(text, out _), Is.False);
        MessageContract contract = new("test", "T", text);
        Assert.That(contract.TryJoin(contract, out MessageContract? joined, out _));
        Assert.That(joined, Is.EqualTo(contract));
        Assert.That(contract.TryJoin(new MessageContract("test", "T", "A{0:i32}"), out _, out string? difference), Is.False);
        Assert.That(difference, Is.EqualTo("the shapes differ"));
    }

    [Test]
    public void One_that_says_more_agrees_with_one_that_says_less_and_is_kept()
    {
        MessageContract less = new("unmanaged", "T", "8-bytes"), more = new("unmanaged", "T", "8-bytes (Id:long)");
        Assert.That(Join(less, more), Is.EqualTo(more));
        Assert.That(Join(more, less), Is.SameAs(more));
        Assert.That(Join(more, new MessageContract("unmanaged", "T", "8-bytes (Id:int,To:int)")), Is.Null);
        Assert.That(Join(less, new MessageContract("unmanaged", "T", "8-bytesize")), Is.Null);
        Assert.That(Join(new MessageContract("unmanaged", "T"), more), Is.Null, "What says nothing agrees with nothing.");
    }

    [Test]
    public void Joined_with_itself_a_contract_is_the_same() =>
        Check(AnyContract, static contract => Join(contract, contract)?.Equals(contract) == true);

    [Test]
    public void Two_agree_whoever_comes_first_and_on_the_same_members()
    {
        int agreed = 0, refused = 0;
        Check(from one in AnyContract from other in AnyContract select (one, other), pair =>
        {
            MessageContract? joined = Join(pair.one, pair.other);
            _ = joined is null ? refused++ : agreed++;
            return Sorted(joined) == Sorted(Join(pair.other, pair.one));
        });
        Assert.That(agreed, Is.Positive);
        Assert.That(refused, Is.Positive);
    }

    [Test]
    public void What_is_joined_holds_all_members_of_both_and_nothing_else() =>
        Check(from one in Contract from other in Contract select (one, other), static pair =>
            Join(pair.one, pair.other) is not MessageContract joined ||
            (Members(joined).SetEquals([.. Members(pair.one), .. Members(pair.other)]) && Join(joined, pair.one)!.Equals(joined) && Join(joined, pair.other)!.Equals(joined)));

    [Test]
    public void Those_of_whom_any_two_agree_agree_on_the_same_in_any_order()
    {
        int agreed = 0;
        Check(from one in AnyContract from two in AnyContract from three in AnyContract select (one, two, three), all =>
        {
            if (Join(all.one, all.two) is not MessageContract left || Join(all.two, all.three) is not MessageContract right || Join(all.one, all.three) is null)
            {
                return true;
            }
            agreed++;
            return Sorted(Join(left, all.three)) is string sorted && sorted == Sorted(Join(all.one, right));
        });
        Assert.That(agreed, Is.Positive);
    }

    [Test]
    public void Who_agrees_with_what_is_kept_agrees_with_each_who_came_before() =>
        Check(from one in AnyContract from two in AnyContract from three in AnyContract select (one, two, three), static all =>
            Join(all.one, all.two) is not MessageContract kept || Join(kept, all.three) is null || (Join(all.one, all.three) is not null && Join(all.two, all.three) is not null));

    /// <summary>With halves of a pair of surrogates, which cannot stand in an attribute.</summary>
    private static string Halved(string text) => text.Replace('<', '\ud83d').Replace('>', '\ude00');

    private static bool IsNoneOrSame(string text) =>
        !MessageContract.TryParse(text, out MessageContract? contract) || contract.ToString() == text || contract.ToString() + " " == text;

    private static MessageContract? Join(MessageContract one, MessageContract other) => one.TryJoin(other, out MessageContract? joined, out string? difference)
        ? difference is null ? joined : throw new AssertionException("Agreed, and a difference.")
        : difference is null ? throw new AssertionException("Refused, and no difference.") : null;

    /// <summary>Without the order of definitions and of the members in braces, which does not matter.</summary>
    private static string? Sorted(MessageContract? contract) => contract is null ? null
        : !MessageShape.TryParse(contract.Shape, out _) ? contract.Shape
        : string.Join(' ', contract.Shape.Split(' ').Select(static definition => definition[^1] == ')' ? definition
            : $"{definition[..definition.IndexOf('{', StringComparison.Ordinal)]}{{{string.Join(',', definition[(definition.IndexOf('{', StringComparison.Ordinal) + 1)..^1].Split(',').Order(StringComparer.Ordinal))}}}").Order(StringComparer.Ordinal));

    private static HashSet<string> Members(MessageContract contract) =>
        [.. contract.Shape.Split(' ').SelectMany(static definition =>
        {
            int open = definition.IndexOfAny(['{', '(']);
            return definition[(open + 1)..^1].Split(',').Select(member => $"{definition[..(open + 1)]}{member}").Prepend(definition[..open]);
        }).Where(static member => !member.EndsWith('{') && !member.EndsWith('('))];

    private static void Check<T>(Gen<T> generator, Func<T, bool> holds) => Prop.ForAll(generator.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
}
