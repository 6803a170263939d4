using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ShmBus.MessagePack.Generator;

namespace ShmBus.Generator.Tests;

/// <summary>What the generators make of code, in a compilation as a user's who has both.</summary>
internal sealed class Generated
{
    internal static readonly CSharpParseOptions Options = new(LanguageVersion.CSharp13, DocumentationMode.Diagnose);

    private static readonly MetadataReference[] Framework = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
        .Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path).StartsWith("ShmBus", StringComparison.Ordinal) || path.EndsWith("netstandard.dll", StringComparison.Ordinal))
        .Where(static path => !path.EndsWith("Generator.dll", StringComparison.Ordinal) && !path.EndsWith("Tests.dll", StringComparison.Ordinal))
        .Select(static path => MetadataReference.CreateFromFile(path))];

    private const string Usings = "#nullable enable\nusing System; using System.Collections.Generic; using ShmBus.MessagePack; using ShmBus.Serialization;\n";

    private Generated(Compilation compilation, ImmutableArray<Diagnostic> diagnostics, GeneratorDriver driver) => (Compilation, Diagnostics, Driver) = (compilation, diagnostics, driver);

    /// <summary>The user's code and what was added.</summary>
    internal Compilation Compilation { get; }

    /// <summary>Of the generators.</summary>
    internal ImmutableArray<Diagnostic> Diagnostics { get; }

    internal GeneratorDriver Driver { get; }

    internal string[] Files => [.. Driver.GetRunResult().GeneratedTrees.Select(static tree => Path.GetFileName(tree.FilePath))];

    internal string this[string file] => Driver.GetRunResult().GeneratedTrees.Single(tree => Path.GetFileName(tree.FilePath) == file).ToString();

    /// <summary>What the compiler says; that users' types have no documentation is their business.</summary>
    internal IEnumerable<Diagnostic> CompilerProblems => Compilation.GetDiagnostics().Where(static each => each.Severity >= DiagnosticSeverity.Warning && (each.Id != "CS1591" || IsGenerated(each)));

    internal static bool IsGenerated(Diagnostic diagnostic) => diagnostic.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true;

    internal static CSharpCompilation Compile(params string[] sources) => CSharpCompilation.Create("User",
        sources.Select((source, i) => CSharpSyntaxTree.ParseText(Usings + source, Options, $"/user/File{i}.cs")), Framework,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable, warningLevel: 9999));

    internal static Generated From(params string[] sources) => From(Compile(sources));

    internal static Generated From(Compilation compilation, GeneratorDriver? driver = null)
    {
        driver ??= CSharpGeneratorDriver.Create([new MessagePackGenerator().AsSourceGenerator(), new UnmanagedGenerator().AsSourceGenerator()], parseOptions: Options,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out Compilation updated, out ImmutableArray<Diagnostic> diagnostics);
        return new Generated(updated, diagnostics, driver);
    }

    /// <summary>Replaces the text of a file, as an editor does, and runs again what has to.</summary>
    internal Generated Edit(CSharpCompilation before, int file, string source, out CSharpCompilation after)
    {
        after = before.ReplaceSyntaxTree(before.SyntaxTrees[file], CSharpSyntaxTree.ParseText(Usings + source, Options, before.SyntaxTrees[file].FilePath));
        return From(after, Driver);
    }
}
