using System.Text;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>What the library offers, against PublicApi.txt: a change of it is seen in review, and never made by accident.</summary>
internal sealed class PublicApiTests
{
    private const string UpdateVariable = "SHMBUS_UPDATE_API";

    private static readonly string Baseline = Repository.File("tests", "ShmBus.Tests", "House", "PublicApi.txt");

    [Test]
    public void The_public_surface_is_the_one_that_was_agreed_on()
    {
        string found = PublicApiText.Of(typeof(Topic).Assembly);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(Baseline, found);
        }
        string agreed = File.Exists(Baseline) ? File.ReadAllText(Baseline) : "";
        Assert.That(Difference(agreed, found), Is.Empty,
            $"The public surface changed. If it was meant to: {UpdateVariable}=1 dotnet test tests/ShmBus.Tests --filter PublicApiTests, and commit PublicApi.txt.");
    }

    [Test]
    public void A_change_is_shown_with_the_type_that_it_is_in() => Assert.That(
        Difference("class A\n    int B()\n    int C()\nclass D\n    int C()\n", "class A\n    int B()\n    long C()\nclass D\n    int C()\n"),
        Is.EqualTo(["- class A: int C()", "+ class A: long C()"]));

    [Test]
    public void Everything_that_others_can_see_is_described()
    {
        StringBuilder text = new();
        PublicApiText.Append(text, typeof(Sample<>));
        Assert.That(text.ToString(), Is.EqualTo("""
            abstract class ShmBus.Tests.House.PublicApiTests.Sample<T> : ICloneable where T : struct
                protected Sample`1(T first, int? second = 3)
                public event EventHandler Changed
                public virtual object Clone()
                public static ref readonly int Find(ReadOnlySpan<int> span)
                public string Item[int index] { get; }
                protected int Kept
                public const Limit = 7
                public required string Name { get; init; }
                public override string ToString()
                protected abstract bool TryGet<TItem>(ref int a, in string b, out TItem[] c) where TItem : IComparable, new()

            """));
    }

    private static string[] Difference(string agreed, string found)
    {
        string[] before = Lines(agreed);
        string[] now = Lines(found);
        return [.. before.Except(now).Select(static line => "- " + line), .. now.Except(before).Select(static line => "+ " + line)];
    }

    /// <summary>The lines, those of members with their type in front.</summary>
    private static string[] Lines(string text)
    {
        string type = "";
        List<string> lines = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            bool isMember = line.StartsWith(' ');
            type = isMember ? type : line;
            lines.Add(isMember ? $"{type}: {line.Trim()}" : line);
        }
        return [.. lines];
    }

    public abstract class Sample<T> : ICloneable where T : struct
    {
        public const int Limit = 7;

        protected int Kept;
        internal int Hidden;
        private int _hidden;

        protected Sample(T first, int? second = 3) => _hidden = Hidden = Kept = second ?? first.GetHashCode();

        private protected Sample(int hidden) => _hidden = hidden;

        public event EventHandler? Changed;

        public required string Name { get; init; }

        internal int HiddenToo => _hidden;

        public string this[int index] => Name[index..];

        public static ref readonly int Find(ReadOnlySpan<int> span) => ref span[0];

        public virtual object Clone() => MemberwiseClone();

        public override string ToString() => Changed is null ? Name : "";

        protected abstract bool TryGet<TItem>(ref int a, in string b, out TItem[] c) where TItem : IComparable, new();
    }
}
