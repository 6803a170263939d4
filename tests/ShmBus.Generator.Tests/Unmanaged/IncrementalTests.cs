using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ShmBus.Generator.Tests.Unmanaged;

/// <summary>What has not changed is not generated again.</summary>
internal sealed class IncrementalTests
{
    private const string Calls = "class C { object A => MessageSerializer.Unmanaged<Trade>(); object B => MessageSerializer.Unmanaged<Line>(); }";

    private const string Structs = "public record struct Line(int Count); public record struct Trade(long Id, Line Line) { public long Twice => 2 * Id; }";

    [TestCase(1, "2 * Id", "Id + Id", TestName = "An_edit_of_a_method_writes_nothing_anew")]
    [TestCase(1, "public record struct T", "// A comment.\n\n public record struct T", TestName = "An_edit_that_moves_a_struct_writes_nothing_anew")]
    [TestCase(0, "object B", "int Unrelated => 1; object B", TestName = "An_edit_beside_the_calls_writes_nothing_anew")]
    public void Nothing_runs(int file, string text, string edited)
    {
        Generated second = Edit(file, text, edited);
        GeneratorSteps<UnmanagedGenerator> steps = new(second);
        Assert.Multiple(() =>
        {
            Assert.That(steps.Reasons(UnmanagedGenerator.CallStep), Has.Length.EqualTo(2).And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
            Assert.That(steps.Reasons(UnmanagedGenerator.OutputStep), Is.Not.Empty.And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
            Assert.That(steps.Outputs(), Is.Not.Empty.And.All.EqualTo(IncrementalStepRunReason.Cached));
        });
    }

    [Test]
    public void A_field_that_changes_in_another_file_is_seen()
    {
        Generated second = Edit(1, "int Count", "uint Count");
        Assert.That(new GeneratorSteps<UnmanagedGenerator>(second).Outputs(), Does.Contain(IncrementalStepRunReason.Modified));
        Assert.That(second["UnmanagedShapes.g.cs"], Does.Contain("(Count:uint)").And.Contain("(Id:long,Line:Line(Count:uint))"));
    }

    [Test]
    public void What_is_handed_on_holds_no_symbol_and_no_syntax() =>
        new GeneratorSteps<UnmanagedGenerator>(Generated.From(Calls, Structs)).AssertHoldsNothingOfTheCompilers(UnmanagedGenerator.CallStep);

    private static Generated Edit(int file, string text, string edited)
    {
        CSharpCompilation before = Generated.Compile(Calls, Structs);
        string source = file == 0 ? Calls : Structs;
        Assert.That(source, Does.Contain(text));
        return Generated.From(before).Edit(before, file, source.Replace(text, edited, StringComparison.Ordinal), out _);
    }
}
