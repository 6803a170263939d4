namespace System.Runtime.CompilerServices;

/// <summary>What records need of the framework, and this one does not have.</summary>
internal static class IsExternalInit;
