using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>What waiting costs.</summary>
internal static partial class WaitCommands
{
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

    /// <summary>
    /// PATH COUNT: publishes, the second half under a filter that kills the thread at the first system call other than write. Before
    /// that the runtime has compiled what it needs, and the ring was full once: a new endpoint asks once whether its peer lives.
    /// </summary>
    internal static unsafe int SendWithoutSystemCalls(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Publisher publisher = topic.CreatePublisher(WaitStrategy.Spin);
        Compile();
        ulong count = StreamCommands.Parse(arguments[1]);
        ulong sent = 0;
        while (publisher.TryPublish(new ReadOnlySpan<byte>(&sent, sizeof(ulong))))
        {
            sent++;
        }
        publisher.WaitToPublish(sizeof(ulong), TimeSpan.FromMilliseconds(1));
        Say("ready\n"u8);
        Console.In.ReadLine();
        for (ulong i = sent; i < count; i++)
        {
            if (i == count / 2)
            {
                SystemCallFilter.Forbid();
            }
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

    /// <summary>PATH COUNT: reads, the second half under the same filter.</summary>
    internal static int ReceiveWithoutSystemCalls(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Spin);
        Compile();
        subscriber.WaitToRead(TimeSpan.FromMilliseconds(1));
        ulong count = StreamCommands.Parse(arguments[1]);
        Say("ready\n"u8);
        bool inOrder = true;
        for (ulong i = 0; i < count; i++)
        {
            if (i == count / 2)
            {
                SystemCallFilter.Forbid();
            }
            inOrder &= MemoryMarshal.Read<ulong>(subscriber.Read().Payload) == i;
        }
        Say(inOrder ? "received\n"u8 : "wrong\n"u8);
        while (true)
        {
        }
    }

    /// <summary>Has all methods of the library compiled, but the generic ones: no path is taken for the first time later.</summary>
    private static void Compile()
    {
        const BindingFlags all = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (MethodBase method in typeof(Topic).Assembly.GetTypes().Where(static type => !type.ContainsGenericParameters)
            .SelectMany(static type => type.GetMethods(all).Concat<MethodBase>(type.GetConstructors(all)))
            .Where(static method => !method.ContainsGenericParameters && method.GetMethodBody() is not null))
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
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
    private static unsafe partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int gettid();
}
