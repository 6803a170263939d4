using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.TestPeer;

/// <summary>
/// PATH: through a description that can only read, takes a read lock on every byte that nobody has locked for himself, each time it is
/// told to; holds them until the input ends.
/// </summary>
internal static class ReadLockCommand
{
    internal static int Run(string path)
    {
        using SafeFileHandle file = Libc.Open(path, Libc.O_RDONLY);
        long size = (long)Libc.Fstat(file, path).Size;
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            long locked = 0;
            for (long offset = 0; offset < size; offset++)
            {
                locked += Libc.TryShareByte(file, offset, path) ? 1 : 0;
            }
            Console.WriteLine($"{size - locked} refused");
        }
        return 0;
    }
}
