using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ShmBus.Generator.Tests.MessagePack;

/// <summary>What is generated compiles, in C# 13 as in 14, and the compiler has nothing to say about it.</summary>
internal sealed class CompilationTests
{
    [Test]
    public void The_sample_types_compile_without_warnings_in_CSharp_13_and_have_no_extension()
    {
        string[] files = Directory.GetFiles(ShmBus.Tests.Support.Repository.File("tests", "ShmBus.MessagePack.Tests", "Generated"), "SampleTypes*.cs");
        Assert.That(files, Has.Length.EqualTo(2));
        CSharpCompilation compilation = Generated.Compile().AddSyntaxTrees([
            CSharpSyntaxTree.ParseText("global using System; global using System.Collections.Generic;", Generated.Options),
            .. files.Select(static file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), Generated.Options, file))]);
        Generated generated = Generated.From(compilation);
        Assert.Multiple(() =>
        {
            Assert.That(generated.Files, Has.Length.GreaterThan(20));
            Assert.That(generated.Diagnostics.Where(static each => each.Severity > DiagnosticSeverity.Info), Is.Empty);
            Assert.That(generated.CompilerProblems, Is.Empty);
            Assert.That(generated.Files.Where(file => generated[file].Contains("extension(", StringComparison.Ordinal)), Is.Empty);
        });
    }

    [Test]
    public void Unusual_declarations_compile()
    {
        Generated generated = Generated.From("""
            namespace @namespace.Other
            {
                [MessagePackObject] public class @class { [Key(0)] public int @int { get; set; } [Key(1)] public required string @string { get; init; } [Key(2)] public List<List<@class?>?>?[]? Deep { get; set; } }
                [MessagePackObject] internal struct S { public S(int value, int result, int count, int reader) { (this.value, this.result, this.count, this.reader) = (value, result, count, reader); }
                    [Key(0)] public int value; [Key(1)] public int result; [Key(2)] public int count; [Key(3)] public int reader; }
                [MessagePackObject] public record Defaults([property: Key(0)] DayOfWeek Day = DayOfWeek.Friday, [property: Key(1)] long? Number = -5, [property: Key(2)] string Text = "a\"b\n", [property: Key(3)] double Nan = double.NaN,
                    [property: Key(4)] char Letter = '\'', [property: Key(5)] float Half = 0.5f, [property: Key(6)] decimal Money = 1.5m, [property: Key(7)] ulong Big = ulong.MaxValue, [property: Key(8)] bool Yes = true, [property: Key(9)] Guid Id = default);
                [MessagePackObject(true)] public class Shadow { public int Value { get; set; } } [MessagePackObject(true)] public class Shadowing : Shadow { public new string? Value { get; set; } }
                [MessagePackObject] public class Far { [Key(1000)] public int A { get; set; } }
                [MessagePackObject, Obsolete] public class Old { [Key(0), Obsolete] public int A { get; set; } }
                public partial class Part; [MessagePackObject] public partial class Part { [Key(0)] public int A { get; set; } }
            }
            [MessagePackObject] public class Global;
            """);
        Assert.That(generated.Diagnostics.Where(static each => each.Severity > DiagnosticSeverity.Info), Is.Empty);
        Assert.That(generated.CompilerProblems.Select(static each => each.ToString()), Is.Empty);
        Assert.That(generated.Files, Has.Length.EqualTo(9));
    }

    [TestCase("[MessagePackObject] public class T { [Key(0)] public byte[]?[]? A; [Key(1)] public string?[]?[][]?[]? B; [Key(2)] public List<int?>?[]?[]? C; [Key(3)] public (int?, byte[]?)[]?[]? D; }", TestName = "Arrays of arrays that may be null")]
    [TestCase("[MessagePackObject] public class T { public T(int a) => A = a; [Key(0)] public required int A { get; init; } [Key(1)] public int B { get; set; } }", TestName = "A required member that the constructor takes")]
    [TestCase("[MessagePackObject] public class T { [System.Diagnostics.CodeAnalysis.SetsRequiredMembers] public T(int a) => A = a; [Key(0)] public required int A { get; init; } [IgnoreMember] public required int B { get; init; } }", TestName = "Required members that the constructor sets")]
    [TestCase("public abstract class T0 { [Key(0)] public abstract required int A { get; init; } } [MessagePackObject] public class T : T0 { public override required int A { get; init; } }", TestName = "A required member that is overridden")]
    [TestCase("[MessagePackObject] public class T { [Key(0), System.Diagnostics.CodeAnalysis.Experimental(\"X1\")] public int A { get; set; } }", TestName = "An experimental member")]
    [TestCase("[MessagePackObject] public record T([property: Key(0)] int a, [property: Key(1)] int A, [property: Key(2)] int _a);", TestName = "Members that differ only in case")]
    [TestCase("[MessagePackObject] public class T { [Key(0)] public List<Foo_2>? A; [Key(1)] public List<X.Foo>? B; [Key(2)] public List<Y.Foo>? C; } [MessagePackObject] public class Foo_2; namespace X { [MessagePackObject] public class Foo; } namespace Y { [MessagePackObject] public class Foo; }", TestName = "Types whose methods would have one name")]
    public void Rarer_declarations_compile(string source)
    {
        Generated generated = Generated.From(source);
        Assert.That(generated.CompilerProblems.Select(static each => each.ToString()), Is.Empty);
        Assert.That(generated["TMessagePack.g.cs"], Is.Not.Empty);
    }

    [Test]
    public void Types_whose_names_differ_only_in_case_are_generated_each()
    {
        Generated generated = Generated.From("[MessagePackObject] public class Foo; [MessagePackObject] public class FOO; [MessagePackObject] public class Bar;");
        Assert.That(generated.Diagnostics.Where(static each => each.Severity > DiagnosticSeverity.Info), Is.Empty);
        Assert.That(generated.CompilerProblems, Is.Empty);
        Assert.That(generated.Files, Is.EquivalentTo(["+Foo+Message+Pack.g.cs", "+F+O+O+Message+Pack.g.cs", "BarMessagePack.g.cs"]));
    }

    [Test]
    public void A_member_that_a_private_one_hides_is_sent() =>
        Assert.That(Generated.From("[MessagePackObject] public class B { [Key(0)] public int X { get; set; } } [MessagePackObject] public class T : B { private new int X { get; set; } }")["TMessagePack.g.cs"], Does.Contain("value.X"));

    [Test]
    public void Types_of_one_name_are_told_apart_in_the_shape_of_a_message() =>
        Assert.That(Generated.From("""
            namespace A { [MessagePackObject] public class T { [Key(0)] public Foo? X; [Key(1)] public global::Foo? Y; [Key(2)] public B.Foo? Z; [Key(3)] public global::B.Foo? W; } [MessagePackObject] public class Foo { [Key(0)] public int V; } }
            namespace A.B { [MessagePackObject] public class Foo { [Key(0)] public bool V; } }
            namespace B { [MessagePackObject] public class Foo { [Key(0)] public float V; } }
            [MessagePackObject] public class Foo { [Key(0)] public string? V; }
            """)["A.TMessagePack.g.cs"], Does.Contain("\"T{0:Foo,1:global.Foo,2:A.B.Foo,3:B.Foo} Foo{0:i32} global.Foo{0:str} A.B.Foo{0:bool} B.Foo{0:f32}\""));

    [Test]
    public void A_type_of_another_assembly_is_used_as_it_was_generated_there()
    {
        CSharpCompilation library = Generated.Compile("namespace Library; [MessagePackObject] public record Line([property: Key(0)] int Number);").WithAssemblyName("Library");
        using MemoryStream image = new();
        Assert.That(Generated.From(library).Compilation.Emit(image).Success, Is.True);
        CSharpCompilation user = Generated.Compile("[MessagePackObject] public record Order([property: Key(0)] Library.Line? Line);").AddReferences(MetadataReference.CreateFromImage(image.ToArray()));
        Generated generated = Generated.From(user);
        Assert.That(generated.CompilerProblems, Is.Empty);
        Assert.That(generated.Files, Is.EqualTo(["OrderMessagePack.g.cs"]));
        Assert.That(generated["OrderMessagePack.g.cs"], Does.Contain("Order{0:Library.Line} Library.Line{0:i32}"));
    }

    [Test]
    public void A_type_of_an_assembly_without_the_package_is_generated_where_it_is_named()
    {
        const string Line = "namespace Library; [MessagePackObject] public record Line([property: Key(0)] int Number);";
        using MemoryStream image = new();
        Assert.That(Generated.Compile(Line).WithAssemblyName("Library").Emit(image).Success, Is.True);
        const string Order = "[MessagePackObject] public record Order([property: Key(0)] Library.Line? Line);";
        MetadataReference library = MetadataReference.CreateFromImage(image.ToArray());
        Assert.That(Generated.From(Generated.Compile(Order).AddReferences(library)).Diagnostics.Select(static each => each.Id), Does.Contain("SHMP019"));
        Generated generated = Generated.From(Generated.Compile("[assembly: MessagePackSerializable(typeof(Library.Line))] " + Order).AddReferences(library));
        Assert.That(generated.CompilerProblems, Is.Empty);
        Assert.That(generated.Files, Is.EquivalentTo(["OrderMessagePack.g.cs", "Library.LineMessagePack.g.cs"]));
    }

    [Test]
    public void A_type_that_is_named_twice_is_generated_once()
    {
        Generated generated = Generated.From("""
            [assembly: MessagePackSerializable(typeof(Pair<int>)), MessagePackSerializable(typeof(Pair<int>)), MessagePackSerializable(typeof(Plain))]
            [MessagePackObject] public record Pair<T>([property: Key(0)] T First);
            [MessagePackObject] public class Plain;
            """, "[assembly: MessagePackSerializable(typeof(Pair<int>)), MessagePackSerializable(typeof(Pair<string>))]");
        Assert.That(generated.CompilerProblems, Is.Empty);
        Assert.That(generated.Files, Is.EquivalentTo(["Pair{System.Int32}MessagePack.g.cs", "Pair{System.String}MessagePack.g.cs", "PlainMessagePack.g.cs"]));
    }

    [Test]
    public void Types_whose_classes_would_have_one_name_are_refused_by_the_compiler() =>
        Assert.That(Generated.From("[MessagePackObject] public class A_B; public class A { [MessagePackObject] public class B; }").CompilerProblems.Select(static each => each.Id), Does.Contain("CS0101"));
}
