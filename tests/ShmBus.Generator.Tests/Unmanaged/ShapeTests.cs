using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ShmBus.Generator.Tests.Unmanaged;

/// <summary>What is said of the fields of a struct: the same whether it is in the code or in an assembly.</summary>
internal sealed class ShapeTests
{
    private const string File = "UnmanagedShapes.g.cs";

    private const string Usings = "using System; using System.Collections.Generic; using System.Runtime.CompilerServices; using System.Runtime.InteropServices;\n";

    private static readonly TestCaseData[] Cases =
    [
        Case("(Id:long,Bid:double,Line:Line(Count:int,Kind:Side:byte),At:System.DateTime)", "N.Tick",
            "namespace N; public enum Side : byte { A } public record struct Line(int Count, Side Kind); public record struct Tick(long Id, double Bid, Line Line, DateTime At);"),
        Case("(a:bool,b:char,c:decimal,d:nint,E:float)", "S", "public struct S { private bool a; internal char b; public decimal c; public IntPtr d; public float E { get; set; } static int f; const int G = 1; public int H => 2; }"),
        Case("(x:int,y:byte)", "S", "public struct S(int x) { private byte y; public int X => x; }"),
        Case("(Maybe:int?,Also:Line(Count:int)?,Side:Side:int?)", "S", "public enum Side; public struct Line { public int Count; } public struct S { public int? Maybe; public Line? Also; public Side? Side; }"),
        Case("(Tag:byte[16],Four:Four(_first:short[4]),Next:int)", "S", "[InlineArray(4)] public struct Four { private short _first; } public unsafe struct S { public fixed byte Tag[16]; public Four Four; public int Next; }"),
        Case("(A:Line(Count:int),B:Line,C:Line?)", "S", "public struct Line { public int Count; } public struct S { public Line A, B; public Line? C; }"),
        Case("(Id@0:long,Same@0:double,Sum@8:int;size=32)", "S", "[StructLayout(LayoutKind.Explicit, Size = 32)] public struct S { [FieldOffset(0)] public long Id; [FieldOffset(0)] public double Same; [field: FieldOffset(8)] public int Sum { get; set; } }"),
        Case("(A:byte,B:long;pack=1)", "S", "[StructLayout(LayoutKind.Sequential, Pack = 1)] public struct S { public byte A; public long B; }"),
        Case("(A:long,B:S.Inner(A:int;size=64))", "S", "public struct S { public long A; public Inner B; [StructLayout((short)0, Size = 64, CharSet = CharSet.Unicode)] public struct Inner { public int A; } }"),
        Case("()", "S", "public struct S;"),
        Case("(;size=8)", "S", "[StructLayout(LayoutKind.Sequential, Size = 8)] public struct S;"),
        Case("(A:byte;auto)", "S", "[StructLayout(LayoutKind.Auto)] public struct S { public byte A; }"),
        Case("(First:int,Second:Pair<byte;long>(First:byte,Second:long))", "N.Pair<int, N.Pair<byte, long>>", "namespace N; public struct Pair<A, B> { public A First; public B Second; }"),
        Case("(Value:int)", "Outer<string[]>.Box<List<int>>", "public static class Outer<T> { public struct Box<U> { public int Value; } }"),
        Case("(Pair:System.ValueTuple<int;Line(Count:int)>,Next:System.Collections.Generic.KeyValuePair<byte;System.DayOfWeek:int>)", "S",
            "public struct Line { public int Count; } public struct S { public (int A, Line B) Pair; public KeyValuePair<byte, DayOfWeek> Next; }"),
        Case("System.ValueTuple<int;Line(Count:int)>", "(int A, Line B)", "public struct Line { public int Count; }"),
        Case("(A:Line(X:int),B:global.Line(Y:byte))", "N.S", "public struct Line { public byte Y; } namespace N { public struct Line { public int X; } public struct S { public Line A; public global::Line B; } }"),
        Case("(A:M.Side:int,B:Sub.Side:int)", "N.S", "namespace M { public enum Side; } namespace Sub { public enum Side; } namespace N { public struct S { public M.Side A; public Sub.Side B; } }"),
        Case("(int:int)", "@event.@struct", "namespace @event; public struct @struct { public int @int; }"),
        Case("byte", "Side", "public enum Side : byte { A }"),
        Case("(Next:Node*,Call:delegate*,Raw:void*)", "Node", "public unsafe struct Node { public Node* Next; public delegate*<int, void> Call; public void* Raw; }"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void It_is_the_same_of_code_and_of_an_assembly(string shape, string type, string source)
    {
        string call = $"#pragma warning disable CS8500\nclass Caller {{ public static unsafe object Get() => MessageSerializer.Unmanaged<{type}>(); }}";
        CSharpCompilation library = Generated.Compile(Usings + source).WithAssemblyName("Library");
        using MemoryStream image = new();
        Assert.That(library.Emit(image).Diagnostics.Where(static each => each.Severity == DiagnosticSeverity.Error), Is.Empty);
        Generated[] both =
        [
            Generated.From(Generated.Compile(Usings + source, Usings + call)),
            Generated.From(Generated.Compile(Usings + call).AddReferences(MetadataReference.CreateFromImage(image.ToArray()))),
        ];
        foreach (Generated generated in both)
        {
            Assert.That(generated.CompilerProblems.Where(static each => Generated.IsGenerated(each) || each.Severity == DiagnosticSeverity.Error), Is.Empty);
            Assert.That(generated[File], Does.Contain($">(\"{shape}\");"));
        }
        Assert.That(both[1][File], Is.EqualTo(both[0][File]));
    }

    [Test]
    public void A_struct_is_told_once_however_often_it_is_used()
    {
        Generated generated = Generated.From("""
            public struct B { public int X; }
            class First { object A => MessageSerializer.Unmanaged<A>(); object B => ShmBus.Serialization.MessageSerializer.Unmanaged<global::B>(); }
            """, """
            using static ShmBus.Serialization.MessageSerializer;
            public struct A { public int X; }
            class Second { object A => Unmanaged<A>(); Func<string, IMessageSerializer<A>> Later => Unmanaged<A>; }
            """);
        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.CompilerProblems.Where(static each => each.Id != "CS0649"), Is.Empty);
        Assert.That(generated.Files, Is.EqualTo([File]));
        Assert.That(generated[File].Split('\n').Where(static line => line.Contains("Describe<", StringComparison.Ordinal)).Select(static line => line.Trim()), Is.EqualTo(
        [
            "global::ShmBus.Serialization.MessageSerializer.Describe<global::A>(\"(X:int)\");",
            "global::ShmBus.Serialization.MessageSerializer.Describe<global::B>(\"(X:int)\");",
        ]));
    }

    [TestCase("class C { object Get<T>() where T : unmanaged => MessageSerializer.Unmanaged<T>(); }", TestName = "Nothing_is_told_of_a_type_parameter")]
    [TestCase("struct Box<T> { public T Value; } class C<T> where T : unmanaged { object Get() => MessageSerializer.Unmanaged<Box<T>>(); }", TestName = "Nothing_is_told_of_what_has_a_type_parameter")]
    [TestCase("class C { object A => MessageSerializer.Unmanaged<long>(); object B => MessageSerializer.Unmanaged<Guid>(); object C1 => MessageSerializer.Unmanaged<DateTime>(); }", TestName = "Nothing_is_told_of_what_the_name_says")]
    [TestCase("struct S { public int A; } class C { static int Unmanaged<T>() => 1; int Get() => Unmanaged<S>(); }", TestName = "Nothing_is_told_for_another_method_of_the_name")]
    [TestCase("class C { object Get() => MessageSerializer.Unmanaged<Unknown>(); object Other() => MessageSerializer.Unmanaged<string>(); }", TestName = "Nothing_is_told_of_what_does_not_compile")]
    public void Nothing_is_told(string source)
    {
        Generated generated = Generated.From(source);
        Assert.That(generated.Files, Is.Empty);
        Assert.That(generated.Diagnostics, Is.Empty);
    }

    [Test]
    public void Unusual_structs_compile()
    {
        Generated generated = Generated.From("""
            #pragma warning disable CS0612, CS0618, TEST01
            [System.Diagnostics.CodeAnalysis.Experimental("TEST01")] public struct New { public int A { get; set; } }
            [Obsolete] public struct Old { public int A { get; set; } }
            class Outer { internal protected struct Inside { public int A { get; set; } } [Obsolete] object Get() => MessageSerializer.Unmanaged<Inside>(); }
            class C { [Obsolete] object Get() => MessageSerializer.Unmanaged<Old>(); object Experimental() => MessageSerializer.Unmanaged<New>(); object Tuple() => MessageSerializer.Unmanaged<(int, (byte A, int? B) C)>(); }
            """);
        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.CompilerProblems, Is.Empty);
        Assert.That(generated.Files, Is.EqualTo([File]));
    }

    private static TestCaseData Case(string shape, string type, string source) => new TestCaseData(shape, type, source).SetArgDisplayNames(shape);
}
