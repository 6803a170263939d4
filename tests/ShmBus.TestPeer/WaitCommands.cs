using System.Runtime.InteropServices;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>What waiting costs.</summary>
internal static partial class WaitCommands
{
    private const int PR_SET_SECCOMP = 22;
    private const int SECCOMP_MODE_STRICT = 1;

    /// <summary>PATH: waits for one message; says its thread's id first, and what it got in the end.</summary>
    internal static int Park(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber();
        Console.WriteLine(gettid());
        int length = subscriber.Read().Payload.Length;
        subscriber.Complete();
        Console.WriteLine($"got {length}");
        return 0;
    }

    /// <summary>PATH COUNT: publishes under a filter that kills at the first system call other than write.</summary>
    internal static unsafe int SendWithoutSystemCalls(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Publisher publisher = topic.CreatePublisher(WaitStrategy.Spin);
        ulong count = StreamCommands.Parse(arguments[1]);
        publisher.Publish(new byte[8]);
        Say("ready\n"u8);
        Console.In.ReadLine();
        Forbid();
        for (ulong i = 1; i < count; i++)
        {
            if (i % 2 == 0)
            {
                publisher.Publish(new ReadOnlySpan<byte>(&i, sizeof(ulong)));
            }
            else
            {
                Claim claim;
                while (!publisher.TryClaim(sizeof(ulong), out claim))
                {
                }
                MemoryMarshal.Write(claim.Payload, i);
                claim.Commit();
            }
        }
        Say("sent\n"u8);
        // Not even an orderly exit is allowed any more: the test kills this process.
        while (true)
        {
        }
    }

    /// <summary>PATH COUNT: reads under a filter that kills at the first system call other than write.</summary>
    internal static int ReceiveWithoutSystemCalls(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Spin);
        ulong count = StreamCommands.Parse(arguments[1]);
        Say("ready\n"u8);
        subscriber.Read();
        Forbid();
        bool inOrder = true;
        for (ulong i = 1; i < count; i++)
        {
            inOrder &= MemoryMarshal.Read<ulong>(subscriber.Read().Payload) == i;
        }
        Say(inOrder ? "received\n"u8 : "wrong\n"u8);
        while (true)
        {
        }
    }

    private static void Forbid()
    {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0)
        {
            throw new InvalidOperationException("The kernel refuses PR_SET_SECCOMP.");
        }
    }

    private static unsafe void Say(ReadOnlySpan<byte> text)
    {
        fixed (byte* start = text)
        {
            write(1, start, (nuint)text.Length);
        }
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint argument2, nint argument3, nint argument4, nint argument5);

    [LibraryImport("libc")]
    private static unsafe partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int gettid();
}
