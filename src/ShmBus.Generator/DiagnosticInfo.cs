using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace ShmBus.Generator;

/// <summary>A diagnostic without the syntax tree that it is about, which would keep a whole compilation.</summary>
internal sealed record DiagnosticInfo(DiagnosticDescriptor Descriptor, string Path, TextSpan Span, LinePositionSpan Lines, EquatableArray<string> Arguments)
{
    internal static DiagnosticInfo Create(DiagnosticDescriptor descriptor, Location? location, params string[] arguments)
    {
        FileLinePositionSpan lines = location?.GetLineSpan() ?? default;
        return new DiagnosticInfo(descriptor, location?.SourceTree?.FilePath ?? "", location?.SourceSpan ?? default, lines.Span, arguments.ToEquatable());
    }

    internal Diagnostic ToDiagnostic() => Diagnostic.Create(Descriptor, Path.Length == 0 ? Location.None : Location.Create(Path, Span, Lines), [.. Arguments]);
}
