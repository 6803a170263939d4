using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>What the C library has: older ones keep some functions in libraries of their own.</summary>
internal static class CLibrary
{
    public static bool Has(string function) => NativeLibrary.TryGetExport(NativeLibrary.Load("libc", typeof(CLibrary).Assembly, null), function, out _);
}
