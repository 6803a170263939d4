using System.Globalization;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace ShmBus.Generator.Tests.Unmanaged;

/// <summary>What another process could not make sense of is said where it stands.</summary>
internal sealed class DiagnosticTests
{
    private const string Calls = "class Caller { unsafe object[] Get() => [MessageSerializer.Unmanaged<S>(), MessageSerializer.Unmanaged<S>(\"1\")]; }";

    private static readonly TestCaseData[] Cases =
    [
        Case("SHMB001", "class C { private struct S { public int A; } object Get() => MessageSerializer.Unmanaged<|S>(); }", "'C.S'"),
        Case("SHMB001", "file struct S { public int A; } class C { object Get() => MessageSerializer.Unmanaged<|S>(); }", "'S'"),
        Case("SHMB002", "unsafe struct S { public int* |A; }" + Calls, "'S.A' has a 'int*'"),
        Case("SHMB002", "unsafe struct S { public delegate*<int> |A; }" + Calls, "'S.A' has a 'delegate*<int>'"),
        Case("SHMB002", "struct S { public nint |A { get; set; } }" + Calls, "'S.A' has a 'nint'"),
        Case("SHMB002", "struct S { public UIntPtr? |A; }" + Calls, "'S.A' has a 'nuint'"),
        Case("SHMB002", "struct Inner { public (int, nint) |A; } struct S { public Inner B; }" + Calls, "'Inner.A' has a 'nint'"),
        Case("SHMB003", "using System.Runtime.InteropServices; [StructLayout(LayoutKind.Auto)] struct |S { public int A; }" + Calls, "'S'"),
        Case("SHMB003", "using System.Runtime.InteropServices; [StructLayout(LayoutKind.Auto)] struct |Inner { public int A; } struct S { public Inner B; }" + Calls, "'Inner'"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void It_is_said_once(string id, string source, string text)
    {
        int at = source.IndexOf('|', StringComparison.Ordinal);
        Generated generated = Generated.From(source.Remove(at, 1));
        Diagnostic found = generated.Diagnostics.Single();
        FileLinePositionSpan place = found.Location.GetLineSpan();
        Assert.Multiple(() =>
        {
            Assert.That(found.Id, Is.EqualTo(id));
            Assert.That(found.Severity, Is.EqualTo(DiagnosticSeverity.Warning));
            Assert.That(found.GetMessage(CultureInfo.InvariantCulture), Does.Contain(text));
            Assert.That((place.Path, place.StartLinePosition.Character), Is.EqualTo(("/user/File0.cs", at)));
            Assert.That(generated.CompilerProblems.Where(Generated.IsGenerated), Is.Empty);
        });
    }

    [Test]
    public void A_struct_of_another_assembly_is_spoken_of_at_the_call()
    {
        using MemoryStream image = new();
        Assert.That(Generated.Compile("public struct S { private nint a; public nint A => a; }").WithAssemblyName("Library").Emit(image).Success, Is.True);
        const string Call = "class C { object Get() => MessageSerializer.Unmanaged<";
        Diagnostic found = Generated.From(Generated.Compile(Call + "S>(); }").AddReferences(MetadataReference.CreateFromImage(image.ToArray()))).Diagnostics.Single();
        Assert.That((found.Id, found.Location.GetLineSpan().StartLinePosition.Character), Is.EqualTo(("SHMB002", Call.Length)));
    }

    [TestCase("class C { private struct S { public int A; } object Get() => MessageSerializer.Unmanaged<S>(\"1\"); }", TestName = "Nothing_is_missing_where_a_shape_is_given")]
    [TestCase("class C { private enum E : byte; private struct S { public E A; } internal struct T { private S _s; } object Get() => MessageSerializer.Unmanaged<T>(); }", TestName = "Private_types_of_fields_are_no_hindrance")]
    public void Nothing_is_said(string source) => Assert.That(Generated.From(source).Diagnostics, Is.Empty);

    [Test]
    public void Each_has_a_test()
    {
        string[] ids = [.. typeof(UnmanagedDiagnostics).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(static field => field.GetValue(null)).OfType<DiagnosticDescriptor>().Select(static each => each.Id)];
        Assert.That(ids, Is.Not.Empty.And.Unique);
        Assert.That(Cases.Select(static each => each.Arguments[0]), Is.SupersetOf(ids));
    }

    private static TestCaseData Case(string id, string source, string text) => new TestCaseData(id, source, text).SetArgDisplayNames(id, source);
}
