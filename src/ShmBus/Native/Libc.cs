namespace ShmBus.Native;

/// <summary>
/// The C library, one file per family of calls. Names are the native ones. A call that reports through errno is declared
/// with SetLastError and checked by <see cref="Syscall"/>; nothing above this layer sees a return value of -1.
/// </summary>
internal static partial class Libc
{
    /// <summary>The runtime resolves this name to the C library of the platform, glibc or musl.</summary>
    private const string Library = "libc";

    /// <summary>Whether it can be called.</summary>
    internal static bool IsThere()
    {
        try
        {
            _ = geteuid();
            return true;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }
}
