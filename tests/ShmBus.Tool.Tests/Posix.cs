using System.Runtime.InteropServices;

namespace ShmBus.Tool.Tests;

internal static partial class Posix
{
    internal const int SIGINT = 2;
    internal const int SIGTERM = 15;

    [LibraryImport("libc")]
    internal static partial int kill(int process, int signal);
}
