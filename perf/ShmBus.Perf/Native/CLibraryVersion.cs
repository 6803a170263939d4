using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>Which C library this process runs on.</summary>
internal static unsafe partial class CLibraryVersion
{
    public static string Text()
    {
        try
        {
            return $"glibc {Marshal.PtrToStringUTF8((nint)gnu_get_libc_version())}";
        }
        catch (EntryPointNotFoundException)
        {
            return "not glibc";
        }
    }

    [LibraryImport("libc")]
    private static partial byte* gnu_get_libc_version();
}
