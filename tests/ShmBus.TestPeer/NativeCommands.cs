using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>Commands that meet failures of the operating system, and interruptions by signals.</summary>
internal static partial class NativeCommands
{
    private const int AddressSpace = 9; // RLIMIT_AS
    private const int Sigusr1 = 10;

    /// <summary>PATH [GROUP]: makes a topic with both of its endpoints and tells how that went.</summary>
    internal static int Create(string[] arguments) => Tell(() =>
    {
        int? group = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : null;
        using Topic topic = Topic.OpenOrCreate(arguments[0], new TopicOptions { Group = group });
        using Subscriber subscriber = topic.CreateSubscriber();
        using Publisher publisher = topic.CreatePublisher();
    });

    /// <summary>PATH: opens a topic and tells how that went.</summary>
    internal static int Open(string[] arguments) => Tell(() => Topic.Open(arguments[0]).Dispose());

    /// <summary>PATH: opens a topic more often than the process may have files open; then lets go of them and opens it once more.</summary>
    internal static int OpenUntilRefused(string[] arguments)
    {
        string path = arguments[0];
        // What a refusal takes is loaded before: without a free descriptor .NET cannot load an assembly either.
        _ = Describe(() => Topic.Open(path));
        Stack<Topic> topics = [];
        topics.Push(Topic.OpenOrCreate(path));
        string refusal = Describe(() =>
        {
            while (true)
            {
                topics.Push(Topic.Open(path));
            }
        });
        while (topics.TryPop(out Topic? topic))
        {
            topic.Dispose();
        }
        Console.WriteLine(refusal);
        return Open(arguments);
    }

    /// <summary>PATH: makes a topic that needs more address space than the process may have.</summary>
    internal static int CreateWithoutAddressSpace(string[] arguments)
    {
        const int capacity = 64 << 20;
        ulong limit = (ulong)Process.GetCurrentProcess().VirtualMemorySize64 + capacity;
        SetLimit(AddressSpace, limit);
        // The ring stands there twice, so it cannot fit.
        return Tell(() => Topic.OpenOrCreate(arguments[0], new TopicOptions { Capacity = capacity }).Dispose());
    }

    /// <summary>PATH: makes a topic in a file that is larger than the process's files may be. .NET does not start under such a limit.</summary>
    internal static int CreateUnderFileSizeLimit(string[] arguments)
    {
        SetLimit(Libc.RLIMIT_FSIZE, 4096);
        return Create(arguments);
    }

    /// <summary>PATH LOCK: tells what an endpoint was refused, and sends a message through it all the same.</summary>
    internal static int ShowRefused(string[] arguments)
    {
        using Topic topic = Topic.OpenOrCreate(arguments[0], new TopicOptions { Lock = bool.Parse(arguments[1]) });
        using Subscriber subscriber = topic.CreateSubscriber();
        using Publisher publisher = topic.CreatePublisher();
        foreach (var refused in subscriber.Refused)
        {
            Console.WriteLine($"{refused.Option}: {refused.Reason}");
        }
        publisher.Publish([42]);
        Console.WriteLine($"got {subscriber.Read().Payload[0]}");
        return 0;
    }

    /// <summary>PATH: opens a named pipe, which blocks until its other end is opened, and counts the calls that this takes.</summary>
    internal static int OpenPipeCountingCalls(string[] arguments)
    {
        LetSignalsInterrupt();
        int calls = 0;
        long fd = Syscall.Retry(arguments[0], path =>
        {
            Console.WriteLine($"call {++calls}");
            return open(path, Libc.O_RDONLY, 0);
        });
        Console.WriteLine(fd < 0 ? Syscall.LastError : "opened");
        return 0;
    }

    /// <summary>PATH: the same by the library's own call.</summary>
    internal static int OpenPipe(string[] arguments)
    {
        LetSignalsInterrupt();
        Console.WriteLine("opening");
        using SafeFileHandle pipe = Libc.Open(arguments[0], Libc.O_RDONLY);
        Console.WriteLine(pipe.IsInvalid ? Syscall.LastError : "opened");
        return 0;
    }

    /// <summary>Waits without end for something to read where nothing comes.</summary>
    internal static int WaitReadable()
    {
        LetSignalsInterrupt();
        using SafeFileHandle nothing = Libc.InotifyInit();
        Console.WriteLine("waiting");
        Libc.WaitReadable(nothing, -1);
        Console.WriteLine("looking again");
        return 0;
    }

    /// <summary>PATH: parks for a message, with a time-out: a futex wait with a deadline is never restarted by the kernel.</summary>
    internal static int WaitParked(string[] arguments)
    {
        LetSignalsInterrupt();
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Park);
        Console.WriteLine("waiting");
        bool isThere = subscriber.WaitToRead(TimeSpan.FromHours(1));
        Console.WriteLine(isThere && subscriber.TryRead(out Message message) ? $"got {message.Payload[0]}" : "timed out");
        return 0;
    }

    /// <summary>
    /// Gives a signal a handler, and one without SA_RESTART, so that it ends blocking calls with EINTR. The handler is a
    /// function of the C library that takes an int and does nothing with it: managed code cannot run in a signal handler.
    /// </summary>
    private static void LetSignalsInterrupt()
    {
        nint library = NativeLibrary.Load("libc", typeof(NativeCommands).Assembly, null);
        _ = signal(Sigusr1, NativeLibrary.GetExport(library, "abs"));
        _ = siginterrupt(Sigusr1, 1);
    }

    internal static void SetLimit(int resource, ulong limit) =>
        Syscall.Check(setrlimit(resource, [limit, limit]), "setrlimit");

    private static int Tell(Action action)
    {
        Console.WriteLine(Describe(action));
        return 0;
    }

    private static string Describe(Action action)
    {
        try
        {
            action();
            return "done";
        }
        catch (ErrnoException exception)
        {
            string number = ((int)exception.Error).ToString(CultureInfo.InvariantCulture);
            return $"{exception.GetType().Name} {exception.Error} {number} {exception.Operation} {exception.Path ?? "-"}\n{exception.Message}";
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial int siginterrupt(int number, int flag);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ReadOnlySpan<ulong> softAndHard);
}
