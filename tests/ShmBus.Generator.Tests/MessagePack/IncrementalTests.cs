using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ShmBus.MessagePack.Generator.Tests;

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
        Assert.Multiple(() =>
        {
            Assert.That(Reasons(second, MessagePackGenerator.TypeStep), Has.Length.EqualTo(4).And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
            Assert.That(Reasons(second, MessagePackGenerator.OutputStep), Has.Length.EqualTo(4).And.All.AnyOf(IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged));
            Assert.That(Outputs(second), Is.Not.Empty.And.All.EqualTo(IncrementalStepRunReason.Cached));
        });
    }

    [Test]
    public void An_edit_of_a_type_generates_that_one_alone()
    {
        CSharpCompilation before = Generated.Compile(Types, Unrelated);
        Generated first = Generated.From(before);
        Generated second = first.Edit(before, 0, Types.Replace("string Text", "int Text", StringComparison.Ordinal), out _);
        Assert.Multiple(() =>
        {
            Assert.That(Reasons(second, MessagePackGenerator.OutputStep).Count(static each => each == IncrementalStepRunReason.Modified), Is.EqualTo(1));
            Assert.That(Outputs(second).Count(static each => each == IncrementalStepRunReason.Modified), Is.EqualTo(1));
            Assert.That(second["BMessagePack.g.cs"], Does.Contain("ReadInt32"));
        });
    }

    [Test]
    public void What_is_handed_on_holds_no_symbol_and_no_syntax()
    {
        Generated generated = Generated.From(Types);
        IEnumerable<object> values = generated.Driver.GetRunResult().Results.Single().TrackedSteps[MessagePackGenerator.TypeStep].SelectMany(static step => step.Outputs).Select(static output => output.Value);
        Assert.That(values, Is.Not.Empty);
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance);
        foreach (object value in values)
        {
            Visit(value, seen);
        }
    }

    private static void Visit(object? value, HashSet<object> seen)
    {
        if (value is null or string or bool or int or Enum || !seen.Add(value))
        {
            return;
        }
        Assert.That(value, Is.Not.InstanceOf<ISymbol>().And.Not.InstanceOf<SyntaxNode>().And.Not.InstanceOf<SyntaxTree>().And.Not.InstanceOf<Compilation>().And.Not.InstanceOf<Location>());
        if (value is System.Collections.IEnumerable elements)
        {
            foreach (object? element in elements)
            {
                Visit(element, seen);
            }
        }
        else
        {
            foreach (System.Reflection.FieldInfo field in value.GetType().GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public))
            {
                Visit(field.GetValue(value), seen);
            }
        }
    }

    private static IncrementalStepRunReason[] Reasons(Generated generated, string step) =>
        [.. generated.Driver.GetRunResult().Results.Single().TrackedSteps[step].SelectMany(static each => each.Outputs).Select(static output => output.Reason)];

    private static IncrementalStepRunReason[] Outputs(Generated generated) =>
        [.. generated.Driver.GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(static each => each.Value).SelectMany(static each => each.Outputs).Select(static output => output.Reason)];
}
