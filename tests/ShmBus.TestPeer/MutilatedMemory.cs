using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.TestPeer;

/// <summary>A region of which parts are taken away while it is in use.</summary>
internal static class MutilatedMemory
{
    private static readonly TopicOptions Options = new() { Capacity = Environment.SystemPageSize };

    /// <summary>Publishes when told to, by then without the memory to do so.</summary>
    internal static int Touch(string path)
    {
        using Topic topic = Topic.Open(path);
        using Publisher publisher = topic.CreatePublisher();
        Console.WriteLine("mapped");
        Console.ReadLine();
        try
        {
            publisher.TryPublish([1]);
        }
        finally
        {
            Console.WriteLine("finally");
        }
        return 0;
    }

    /// <summary>
    /// Punches a hole into one page of a file, or of anonymous memory where the path is empty, and says what the calls answer
    /// afterwards: of those who were there, and of those who come.
    /// </summary>
    internal static int Punch(string path, int page)
    {
        using Topic topic = path.Length == 0 ? Topic.CreateAnonymous(Options) : Topic.OpenOrCreate(path, Options);
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        while (publisher.TryPublish(new byte[100]))
        {
        }
        subscriber.Read();
        using (SafeFileHandle file = File.OpenHandle(path.Length == 0 ? AnonymousFile() : path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            Posix.PunchHole(file, (long)page * Environment.SystemPageSize, Environment.SystemPageSize);
        }
        for (int i = 0; i < 100; i++)
        {
            Tell("reading", () => subscriber.TryRead(out _));
            Tell("waiting", () => subscriber.WaitToRead(TimeSpan.Zero));
            Tell("publishing", () => publisher.TryPublish(new byte[100]));
        }
        Tell("inspecting", () => topic.Inspect());
        publisher.Dispose();
        subscriber.Dispose();
        Tell("joining", () => topic.CreatePublisher().Dispose());
        Tell("joining", () => topic.CreateSubscriber().Dispose());
        Console.WriteLine("alive");
        return 0;
    }

    /// <summary>Asks the kernel for what a seal forbids, by whoever gets at the memory: through /proc, like another process.</summary>
    internal static int Resize()
    {
        using Topic topic = Topic.CreateAnonymous(Options);
        using SafeFileHandle file = File.OpenHandle(AnonymousFile(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        long size = RandomAccess.GetLength(file);
        Console.WriteLine($"{Posix.Truncate(file, 0)} {Posix.Truncate(file, size - 1)} {Posix.Truncate(file, size + 1)} {Posix.Allocate(file, size, 1)} {SealForWriting(file)}");
        return 0;
    }

    /// <summary>What would keep those out who come later; returns the errno, 0 for none.</summary>
    private static int SealForWriting(SafeFileHandle file)
    {
        const int F_SEAL_FUTURE_WRITE = 0x10;
        return Libc.AddSeals(file, F_SEAL_FUTURE_WRITE) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private static void Tell(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (FuzzPeer.IsAnswer(exception))
        {
            Console.WriteLine($"{what}: {exception.GetType().Name}");
        }
    }

    private static string AnonymousFile() => Directory.EnumerateFileSystemEntries("/proc/self/fd").First(static entry =>
        new FileInfo(entry).LinkTarget?.StartsWith("/memfd:shmbus", StringComparison.Ordinal) == true);
}
