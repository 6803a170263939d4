using Microsoft.CodeAnalysis;
using ShmBus.MessagePack.Generator;

namespace ShmBus.Generator.Tests.MessagePack;

/// <summary>What cannot be generated, or should not be as it is, is said where it stands.</summary>
internal sealed class DiagnosticTests
{
    private const string Formatter = """
        namespace MessagePack { public class MessagePackFormatterAttribute(Type type) : Attribute { public Type Type => type; } }
        """;

    private static readonly TestCaseData[] Cases =
    [
        Case("SHMP001", "class Outer { [MessagePackObject] private class |T; }", "'Outer.T'"),
        Case("SHMP001", "[MessagePackObject] file class |T;", "'T'"),
        Case("SHMP002", "[MessagePackObject] public class T { public int |A { get; set; } }", "'T.A'"),
        Case("SHMP002", "[MessagePackObject] public class T { public int |A; }", "'T.A'"),
        Case("SHMP002", "[MessagePackObject] public record T([property: Key(0)] int A, string |B);", "'T.B'"),
        Case("SHMP003", "[MessagePackObject] public class T { [Key(1)] public int A { get; set; } [Key(1)] public int |B { get; set; } }", "'T.B' has the key 1, which 'A' has too"),
        Case("SHMP003", "[MessagePackObject] public class T { [Key(\"x\")] public int A { get; set; } [Key(\"x\")] public int |B { get; set; } }", "'T.B' has the key x"),
        Case("SHMP004", "[MessagePackObject] public class T { [Key(0)] public int A { get; set; } [Key(\"x\")] public int |B { get; set; } }", "'T'"),
        Case("SHMP005", "[MessagePackObject] public class T { [Key(0)] public object? |A { get; set; } }", "'T.A' is of the type 'object'"),
        Case("SHMP005", "[MessagePackObject] public class T { [Key(0)] public List<Exception>? |A { get; set; } }", "'T.A' is of the type 'System.Exception'"),
        Case("SHMP006", "[MessagePackObject] public class |T { public T(string b) { } [Key(0)] public int A { get; set; } [IgnoreMember] public string? B { get; set; } }", "'b'"),
        Case("SHMP006", "[MessagePackObject] public class |T { private T() { } }", "'T' has no constructor"),
        Case("SHMP006", "[MessagePackObject] public class |T { public T() { } [SerializationConstructor] public T(string a) { } [Key(0)] public int A { get; set; } }", "'a'"),
        Case("SHMP006", "[MessagePackObject] public class |T { [Key(0)] public int A { get; set; } [IgnoreMember] public required int B { get; set; } }", "'B' is required"),
        Case("SHMP007", "[MessagePackObject] public class T { [Key(0)] public int |A => 1; }", "'T.A'"),
        Case("SHMP007", "[MessagePackObject] public class T { [Key(0)] public readonly int |A; }", "'T.A'"),
        Case("SHMP007", "[MessagePackObject(true)] public class T { public int |A { get; private set; } }", "'T.A'"),
        Case("SHMP008", "[|Union(0, typeof(string))] public interface IT;", "'string'", "'IT'"),
        Case("SHMP009", "[|Union(0, typeof(A))] public interface IT; public class A : IT;", "'A' is in the union of 'IT'"),
        Case("SHMP009", "[|Union(0, typeof(A))] public interface IT; [Union(0, typeof(B))] public abstract class A : IT; [MessagePackObject] public class B : A;", "'A'"),
        Case("SHMP010", "[Union(0, typeof(A)), |Union(0, typeof(B))] public interface IT; [MessagePackObject] public class A : IT; [MessagePackObject] public class B : IT;", "'B' has the key 0"),
        Case("SHMP010", "[Union(0, typeof(A)), |Union(1, typeof(A))] public interface IT; [MessagePackObject] public class A : IT;", "'A' has the key 1"),
        Case("SHMP011", "[Union(0, typeof(T))] public class |T;", "'T' is neither an interface nor an abstract class"),
        Case("SHMP012", "[MessagePackObject] public abstract class |T;", "'T'"),
        Case("SHMP013", "[MessagePackObject] public class |T<X> { [Key(0)] public X? A { get; set; } }", "'T<X>'"),
        Case("SHMP013", "public class Outer<X> { [MessagePackObject] public class |T; }", "'Outer<X>.T'"),
        Case("SHMP014", "[assembly: |MessagePackSerializable(typeof(T<>))] public class T<X>;", "'T<>'"),
        Case("SHMP015", "[MessagePackObject] public class T;", "C# 13.0"),
        Case("SHMP016", "[MessagePackObject] public class T { [Key(0)] public int[,]? |A { get; set; } }", "'T.A'"),
        Case("SHMP017", "[MessagePackObject] public class T { [Key(1025)] public int |A { get; set; } }", "1025"),
        Case("SHMP018", "[MessagePackObject] public class T { [Key(-1)] public int |A { get; set; } }", "-1", "0 to 65535"),
        Case("SHMP018", "[MessagePackObject] public class T { [Key(65536)] public int |A { get; set; } }", "65536"),
        Case("SHMP019", "[MessagePackObject] public class G<X> { [Key(0)] public X? A { get; set; } } [MessagePackObject] public class T { [Key(0)] public G<int>? |A { get; set; } }", "typeof(G<int>)"),
        Case("SHMP020", "[assembly: |MessagePackSerializable(typeof(Exception))]", "'System.Exception'"),
        Case("SHMP020", "[assembly: |MessagePackSerializable(typeof(int[]))]", "'int[]'"),
        Case("SHMP021", "[MessagePackObject, MessagePack.MessagePackFormatter(typeof(int))] public class |T;" + Formatter, "'T'"),
        Case("SHMP021", "[MessagePackObject] public class T { [Key(0), MessagePack.MessagePackFormatter(typeof(int))] public int |A { get; set; } }" + Formatter, "'T.A'"),
        Case("SHMP022", "[MessagePackObject] public class T { [Key(0)] private int |A { get; set; } }", "'T.A'"),
        Case("SHMP022", "[MessagePackObject] public class T { [Key(0)] public int |A { set { } } }", "'T.A'"),
        Case("SHMP022", "public interface IA { int A { get; set; } } [MessagePackObject] public class T : IA { [Key(0)] int IA.|A { get; set; } }", "A"),
        Case("SHMP023", "[MessagePackObject] public ref struct |T { [Key(0)] public int A; }", "'T'"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void It_is_said(string id, string source, string[] texts)
    {
        int at = source.IndexOf('|', StringComparison.Ordinal);
        Generated generated = Generated.From(at < 0 ? source : source.Remove(at, 1));
        Diagnostic[] found = [.. generated.Diagnostics.Where(each => each.Id == id)];
        Assert.That(found, Has.Length.EqualTo(1), string.Join('\n', generated.Diagnostics));
        string message = found[0].GetMessage(System.Globalization.CultureInfo.InvariantCulture);
        foreach (string text in texts)
        {
            Assert.That(message, Does.Contain(text));
        }
        if (at >= 0)
        {
            FileLinePositionSpan place = found[0].Location.GetLineSpan();
            Assert.That((place.Path, place.StartLinePosition.Character), Is.EqualTo(("/user/File0.cs", at)));
        }
        Assert.That(generated.Diagnostics.Where(each => each.Id != id && each.Severity == DiagnosticSeverity.Error), Is.Empty, "One mistake is said once.");
        Assert.That(generated.CompilerProblems.Where(Generated.IsGenerated), Is.Empty, "What is generated all the same compiles.");
    }

    [Test]
    public void Each_has_a_test_and_a_line_in_the_documentation()
    {
        string[] ids = [.. typeof(Diagnostics).GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)
            .Select(static field => field.GetValue(null)).OfType<DiagnosticDescriptor>().Select(static each => each.Id)];
        Assert.That(ids, Is.Not.Empty.And.Unique);
        Assert.That(Cases.Select(static each => each.Arguments[0]), Is.SupersetOf(ids));
        string readme = File.ReadAllText(ShmBus.Tests.Support.Repository.File("src", "ShmBus.MessagePack", "README.md"));
        Assert.That(ids.Where(id => !readme.Contains($"| {id} |", StringComparison.Ordinal)), Is.Empty);
    }

    private static TestCaseData Case(string id, string source, params string[] texts) => new TestCaseData(id, source, texts).SetArgDisplayNames(id, source);
}
