using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>Whose stack an address lies on.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport(Library)]
    private static partial nint pthread_self();

    [LibraryImport(Library)]
    private static partial int pthread_getattr_np(nint thread, byte* attributes);

    [LibraryImport(Library)]
    private static partial int pthread_attr_getstack(byte* attributes, nint* start, nuint* size);

    [LibraryImport(Library)]
    private static partial int pthread_attr_destroy(byte* attributes);

    /// <summary>Whether an address lies on the stack of the calling thread. Some microseconds; more on the first thread.</summary>
    /// <exception cref="ErrnoException">The C library cannot tell.</exception>
    internal static bool IsOnThisStack(nint address)
    {
        // More than pthread_attr_t takes up in any C library.
        byte* attributes = stackalloc byte[256];
        nint start;
        nuint size;
        // These return the error instead of setting errno.
        int error = pthread_getattr_np(pthread_self(), attributes);
        if (error != 0)
        {
            throw ErrnoException.From((ErrorNumber)error, "pthread_getattr_np");
        }
        error = pthread_attr_getstack(attributes, &start, &size);
        _ = pthread_attr_destroy(attributes);
        return error != 0
            ? throw ErrnoException.From((ErrorNumber)error, "pthread_attr_getstack")
            : address >= start && (nuint)(address - start) < size;
    }
}
