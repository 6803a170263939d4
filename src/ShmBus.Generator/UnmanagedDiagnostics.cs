using Microsoft.CodeAnalysis;

namespace ShmBus.Generator;

/// <summary>What is said about structs whose bytes say less, to another process, than they should.</summary>
internal static class UnmanagedDiagnostics
{
    internal static readonly DiagnosticDescriptor NotAccessible = Create(1, "Type is not accessible",
        "'{0}' cannot be reached from other types, so that only its size is compared: make it, and the types around it, public or internal");

    internal static readonly DiagnosticDescriptor Pointer = Create(2, "Pointer in a message",
        "'{0}' has a '{1}', which means nothing in another process, or has another size there: use an integer of a fixed size");

    internal static readonly DiagnosticDescriptor AutoLayout = Create(3, "Order of fields is left to the runtime",
        "The fields of '{0}' may stand in another order in another process: use LayoutKind.Sequential, which structs have unless told otherwise");

    private static DiagnosticDescriptor Create(int id, string title, string message) =>
        new($"SHMB{id:000}", title, message, "ShmBus", DiagnosticSeverity.Warning, isEnabledByDefault: true);
}
