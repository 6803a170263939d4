using System.Reflection;
using Microsoft.CodeAnalysis;

namespace ShmBus.Generator.Tests;

/// <summary>What one of the generators did in a run, and what it took over from the one before.</summary>
internal sealed class GeneratorSteps<TGenerator>(Generated generated) where TGenerator : IIncrementalGenerator
{
    private readonly GeneratorRunResult _result = generated.Driver.GetRunResult().Results.Single(static each => each.Generator.GetGeneratorType() == typeof(TGenerator));

    internal IncrementalStepRunReason[] Reasons(string step) => [.. _result.TrackedSteps[step].SelectMany(static each => each.Outputs).Select(static output => output.Reason)];

    internal IncrementalStepRunReason[] Outputs() =>
        [.. _result.TrackedOutputSteps.SelectMany(static each => each.Value).SelectMany(static each => each.Outputs).Select(static output => output.Reason)];

    /// <summary>Symbols and syntax keep whole compilations in memory, and are never equal to those of the next one.</summary>
    internal void AssertHoldsNothingOfTheCompilers(string step)
    {
        object[] values = [.. _result.TrackedSteps[step].SelectMany(static each => each.Outputs).Select(static output => output.Value)];
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
            foreach (FieldInfo field in value.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
            {
                Visit(field.GetValue(value), seen);
            }
        }
    }
}
