using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ShmBus.MessagePack.Generator;

/// <summary>
/// For each annotated type a class that writes and reads it. A type is looked at when code changes; its class is generated anew only when
/// what is known of the type is other than before.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class MessagePackGenerator : IIncrementalGenerator
{
    /// <summary>The steps by name, for tests: what is known of types, and what that is together with the version of C#.</summary>
    internal const string TypeStep = "Type", OutputStep = "Output";

    /// <summary>The first with extension members.</summary>
    private const int CSharp14 = 1400;

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<LanguageVersion> language = context.ParseOptionsProvider.Select(static (options, _) => ((CSharpParseOptions)options).LanguageVersion);
        List<IncrementalValuesProvider<ReadType>> all = [];
        foreach (string home in new[] { Annotations.Own, Annotations.Other })
        {
            all.Add(Annotated(context, home, Annotations.Object));
            all.Add(Annotated(context, home, Annotations.Union));
        }
        all.Add(context.SyntaxProvider.ForAttributeWithMetadataName($"{Annotations.Own}.{Annotations.Serializable}", static (_, _) => true, static (found, _) => found)
            .SelectMany((found, _) => found.Attributes.Select(each => Read(found.SemanticModel.Compilation, each)).OfType<ReadType>()));
        List<IncrementalValuesProvider<TypeModel>> allModels = [];
        foreach (IncrementalValuesProvider<ReadType> types in all)
        {
            context.RegisterSourceOutput(types.Select(static (read, _) => read.Diagnostics), static (output, diagnostics) =>
            {
                foreach (DiagnosticInfo diagnostic in diagnostics)
                {
                    output.ReportDiagnostic(diagnostic.ToDiagnostic());
                }
            });
            allModels.Add(types.Select(static (read, _) => read.Model).Where(static model => model is not null).WithTrackingName(TypeStep)!);
        }
        IncrementalValueProvider<EquatableArray<string>> files = allModels
            .Select(static models => models.Select(static (model, _) => model.FileName).Collect().Select(static (found, _) => found.ToEquatable()))
            .Aggregate(static (some, others) => some.Combine(others).Select(static (both, _) => both.Left.Concat(both.Right).ToEquatable()));
        // The compiler takes no two files whose names differ only in case, as those of types may.
        IncrementalValueProvider<EquatableArray<string>> twins = files.Select(static (found, _) =>
            found.Distinct().GroupBy(static each => each, StringComparer.OrdinalIgnoreCase).Where(static each => each.Count() > 1).SelectMany(static each => each).ToEquatable());
        foreach (IncrementalValuesProvider<TypeModel> models in allModels)
        {
            context.RegisterSourceOutput(
                models.Combine(language.Select(static (version, _) => (int)version >= CSharp14).Combine(twins)).WithTrackingName(OutputStep),
                static (output, type) => output.AddSource(
                    type.Right.Right.Contains(type.Left.FileName) ? ShowCase(type.Left.FileName) : type.Left.FileName, TypeEmitter.Emit(type.Left, type.Right.Left)));
        }
        context.RegisterSourceOutput(files.Combine(language), static (output, found) =>
        {
            if (found.Left.Count > 0 && (int)found.Right < CSharp14)
            {
                output.ReportDiagnostic(Diagnostic.Create(Diagnostics.OldLanguage, Location.None, found.Right.ToDisplayString()));
            }
        });
    }

    private static string ShowCase(string name) => string.Concat(name.Select(static c => char.IsUpper(c) ? "+" + c : c.ToString()));

    private static IncrementalValuesProvider<ReadType> Annotated(IncrementalGeneratorInitializationContext context, string home, string attribute) =>
        context.SyntaxProvider.ForAttributeWithMetadataName($"{home}.{attribute}", static (_, _) => true,
            (found, _) => found.TargetSymbol is INamedTypeSymbol type && IsTurn(type, found, attribute) ? Read(found, type, attribute) : null)
            .Where(static read => read is not null)!;

    /// <summary>A type that has several of the attributes is read for one of them.</summary>
    private static bool IsTurn(INamedTypeSymbol type, GeneratorAttributeSyntaxContext found, string attribute) =>
        SymbolEqualityComparer.Default.Equals(Annotations.Find(type, attribute)?.AttributeClass, found.Attributes[0].AttributeClass) &&
        !(attribute == Annotations.Object && Annotations.IsUnion(type));

    private static ReadType Read(GeneratorAttributeSyntaxContext found, INamedTypeSymbol type, string attribute)
    {
        Location location = type.Locations.FirstOrDefault() ?? found.TargetNode.GetLocation();
        return attribute == Annotations.Union && !Annotations.IsUnion(type)
            ? new ReadType(null, new[] { DiagnosticInfo.Create(Diagnostics.UnionOnConcreteType, location, TypeNames.Of(type)) }.ToEquatable())
            : new ObjectReader(found.SemanticModel.Compilation).Read(type, location);
    }

    private static ReadType? Read(Compilation compilation, AttributeData attribute)
    {
        Location? location = attribute.ApplicationSyntaxReference is { } reference ? reference.SyntaxTree.GetLocation(reference.Span) : null;
        return attribute.ConstructorArguments.FirstOrDefault().Value switch
        {
            // Annotated here, and so generated anyway; or named twice.
            INamedTypeSymbol type when !IsFirst(compilation, attribute, type) => null,
            INamedTypeSymbol type => new ObjectReader(compilation).Read(type, location),
            ITypeSymbol type => new ReadType(null, new[] { DiagnosticInfo.Create(Diagnostics.NotAnnotated, location, TypeNames.Of(type)) }.ToEquatable()),
            _ => null,
        };
    }

    private static bool IsFirst(Compilation compilation, AttributeData attribute, INamedTypeSymbol type)
    {
        bool isGenerated = SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, compilation.Assembly) && !ValueReader.IsGeneric(type) &&
            (Annotations.IsObject(type) || Annotations.IsUnion(type));
        AttributeData first = compilation.Assembly.GetAttributes().First(each => Annotations.Is(each, Annotations.Serializable) &&
            SymbolEqualityComparer.Default.Equals(each.ConstructorArguments.FirstOrDefault().Value as ITypeSymbol, type));
        return !isGenerated && first.ApplicationSyntaxReference?.SyntaxTree == attribute.ApplicationSyntaxReference?.SyntaxTree &&
            first.ApplicationSyntaxReference?.Span == attribute.ApplicationSyntaxReference?.Span;
    }
}
