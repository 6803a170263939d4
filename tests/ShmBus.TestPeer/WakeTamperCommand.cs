using System.Runtime.InteropServices;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.TestPeer;

/// <summary>
/// PATH TRICK: what can be done to the wakes of a topic's first subscriber by who can only read it, because the kernel lets
/// sleep on a word, and move its sleepers elsewhere, whoever may read that.
/// </summary>
internal static unsafe partial class WakeTamperCommand
{
    private const int FUTEX_REQUEUE = 3;
    private const int FUTEX_WAIT_REQUEUE_PI = 11;

    internal static int Run(string[] arguments)
    {
        using RegionFile file = RegionFile.Open(arguments[0], RegionOptions.Default, readOnly: true);
        uint* word = Region.Map(file, RegionOptions.Default, readOnly: true).Ring().Subscriber(0).FutexWord;
        uint* own = (uint*)NativeMemory.AllocZeroed(sizeof(uint));
        if (arguments[1] == "refuse")
        {
            Console.WriteLine(gettid());
            // Who sleeps in this way is woken in this way only: the kernel refuses any other wake of the word.
            return (int)Futex(word, FUTEX_WAIT_REQUEUE_PI, *word, 0, own, 0);
        }
        Console.WriteLine("there");
        Console.ReadLine();
        while (Futex(word, FUTEX_REQUEUE, 0, int.MaxValue, own, 0) == 0)
        {
            Thread.Yield();
        }
        Console.WriteLine("moved");
        Console.ReadLine();
        Libc.FutexWake(own);
        return 0;
    }

    private static long Futex(uint* word, int operation, uint value, nint value2, uint* word2, uint value3) =>
        syscall(ArchitectureNumbers.Current.SYS_futex, word, operation, value, value2, word2, value3);

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial long syscall(long number, uint* word, int operation, uint value, nint value2, uint* word2, uint value3);
}
