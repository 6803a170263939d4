using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ShmBus.MessagePack.Generator;

namespace ShmBus.Generator.Tests.MessagePack;

/// <summary>What has not changed is not generated again.</summary>
internal sealed class IncrementalTests
{
    private const string Types = """
        [MessagePackObject] public record A([property: Key(0)] int Number) { public int Twice() => 2 * Number; }
        [MessagePackObject] public record B([property: Key(0)] string Text);
        [Union(0, typeof(Leaf))] public interface ITree;
        [MessagePackObject] public class Leaf : ITree;
        """;

    private const string Unrelated = "class Unrelated { int Number => 1; }";

    [TestCase(1, "class Unrelated { string Text => \"2\"; } enum Another { }", TestName = "An_edit_of_another_file_runs_no_output")]
    [TestCase(0, "Number) { public int Twice() => Number + Number + 0; }", TestName = "An_edit_of_a_method_runs_no_output")]
    [TestCase(0, "Number) { }\n// A comment, and lines that move.\n\n", TestName = "An_edit_that_moves_the_types_runs_no_output")]
    public void Nothing_runs(int file, string edited)
    {
        CSharpCompilation before = Generated.Compile(Types, Unrelated);
        Generated first = Generated.From(before);
        Assert.That(first.Files, Has.Length.EqualTo(4));
        Generated second = first.Edit(before, file, file == 0 ? Types.Replace("Number) { public int Twice() => 2 * Number; }", edited, StringComparison.Ordinal) : edited, out _);
        GeneratorSteps<MessagePackGenerator> steps = new(second);
        Assert.Multiple(() =>
        {
            Assert.That(steps.Reasons(MessagePackGenerator.TypeStep), Has.Length.EqualTo(4).And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
            Assert.That(steps.Reasons(MessagePackGenerator.OutputStep), Has.Length.EqualTo(4).And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
            Assert.That(steps.Outputs(), Is.Not.Empty.And.All.EqualTo(IncrementalStepRunReason.Cached));
        });
    }

    [Test]
    public void An_edit_of_a_type_generates_that_one_alone()
    {
        CSharpCompilation before = Generated.Compile(Types, Unrelated);
        Generated first = Generated.From(before);
        Generated second = first.Edit(before, 0, Types.Replace("string Text", "int Text", StringComparison.Ordinal), out _);
        GeneratorSteps<MessagePackGenerator> steps = new(second);
        Assert.Multiple(() =>
        {
            Assert.That(steps.Reasons(MessagePackGenerator.OutputStep).Count(static each => each == IncrementalStepRunReason.Modified), Is.EqualTo(1));
            Assert.That(steps.Outputs().Count(static each => each == IncrementalStepRunReason.Modified), Is.EqualTo(1));
            Assert.That(second["BMessagePack.g.cs"], Does.Contain("ReadInt32"));
        });
    }

    [Test]
    public void What_is_handed_on_holds_no_symbol_and_no_syntax() =>
        new GeneratorSteps<MessagePackGenerator>(Generated.From(Types)).AssertHoldsNothingOfTheCompilers(MessagePackGenerator.TypeStep);
}
