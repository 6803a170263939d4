using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using ShmBus.Native;
using ShmBus.Passing;

namespace ShmBus.TestPeer;

/// <summary>What a child that was started with a region does with it, right and wrong.</summary>
internal static class ChildCommands
{
    internal static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["child-hold"]: return Hold();
            case ["child-wait", string role, string way]: return Wait(role == "publisher", way == "awaited").GetAwaiter().GetResult();
            case ["child-open-by-many"]: return OpenByMany();
            case ["child-hello"]: return DieWithTheAnswer();
            case ["child-other-token"]: return OpenWithAnotherToken();
            case ["child-show-inherited"]: return ShowInherited();
            case ["child-open-with", string value]: return OpenWith(value);
            case ["child-open-with-listener"]: return OpenWithListener();
            default:
                Console.Error.WriteLine($"There is no command '{string.Join(' ', arguments)}'.");
                return 2;
        }
    }

    /// <summary>Takes both of its endpoints, says so by a message, and does nothing more.</summary>
    private static int Hold()
    {
        using RegionClient parent = ChildRegion.Open();
        using Subscriber there = parent.CreateSubscriber("there");
        using Publisher back = parent.CreatePublisher("back");
        back.Publish("open"u8);
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    /// <summary>Waits for what never comes, a message or room, until the parent is gone.</summary>
    private static async Task<int> Wait(bool isPublisher, bool isAwaited)
    {
        using RegionClient parent = ChildRegion.Open();
        using Subscriber there = parent.CreateSubscriber("there");
        using Publisher back = parent.CreatePublisher("back");
        while (isPublisher && back.TryPublish(new byte[1000]))
        {
        }
        Console.WriteLine("waiting");
        try
        {
            switch (isPublisher, isAwaited)
            {
                case (true, true):
                    await back.PublishAsync(new byte[1000]);
                    break;
                case (true, false):
                    back.Publish(new byte[1000]);
                    break;
                case (false, true):
                    await there.WaitToReadAsync();
                    break;
                default:
                    there.Read();
                    break;
            }
            Console.WriteLine("came");
        }
        catch (PeerLostException)
        {
            Console.WriteLine("lost");
        }
        return 0;
    }

    /// <summary>Opens its region on many threads at once, and once more. Says how often that succeeded, and what the others got.</summary>
    private static int OpenByMany()
    {
        using Barrier barrier = new(8);
        Task<string>[] openings = [.. Enumerable.Range(0, barrier.ParticipantCount).Select(_ => Task.Factory.StartNew(() =>
        {
            barrier.SignalAndWait();
            return TryOpen();
        }, TaskCreationOptions.LongRunning))];
        IEnumerable<string> results = [.. openings.Select(static opening => opening.Result), TryOpen()];
        Console.WriteLine(string.Join(", ", results.GroupBy(static result => result).OrderBy(static group => group.Count()).Select(static group => $"{group.Count()} {group.Key}")));
        return 0;
    }

    /// <summary>Says hello, and dies with the answer on its way.</summary>
    private static int DieWithTheAnswer()
    {
        string[] parts = Environment.GetEnvironmentVariable(ChildRegion.Variable)!.Split(':');
        HandoverSocket socket = new(new Socket(new SafeSocketHandle(int.Parse(parts[0], CultureInfo.InvariantCulture), ownsHandle: true)));
        socket.Send(new HandoverMessage(HandoverKind.Hello, 0, parts[1], ""));
        socket.Wait(Timeout.InfiniteTimeSpan);
        Process.GetCurrentProcess().Kill();
        return 0;
    }

    private static int OpenWithAnotherToken()
    {
        string value = Environment.GetEnvironmentVariable(ChildRegion.Variable)!;
        Environment.SetEnvironmentVariable(ChildRegion.Variable, value[..^1] + (value[^1] == '0' ? '1' : '0'));
        Console.WriteLine(TryOpen());
        return 0;
    }

    /// <summary>Says what of its parent's a child of its own finds, before the region is opened and after.</summary>
    private static int ShowInherited()
    {
        Console.WriteLine($"before: {Inherited()}");
        using RegionClient parent = ChildRegion.Open();
        using Subscriber there = parent.CreateSubscriber("there");
        using Publisher back = parent.CreatePublisher("back");
        Console.WriteLine($"after: {Inherited()}");
        return 0;
    }

    /// <summary>Opens with what the environment could say.</summary>
    private static int OpenWith(string value)
    {
        Environment.SetEnvironmentVariable(ChildRegion.Variable, value);
        Console.WriteLine(TryOpen());
        return 0;
    }

    /// <summary>Opens with the number of another socket of this process, which must still work after that.</summary>
    private static int OpenWithListener()
    {
        UnixDomainSocketEndPoint address = new($"\0shmbus-test-{Guid.NewGuid():N}");
        using Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(address);
        listener.Listen();
        OpenWith($"{listener.Handle}:token");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using Socket client = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        client.Connect(address);
        using Socket accepted = listener.Accept();
        Console.WriteLine("accepted");
        return 0;
    }

    private static string TryOpen()
    {
        try
        {
            ChildRegion.Open();
            return "opened";
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    private static string Inherited()
    {
        ProcessStartInfo start = new("sh", ["-c", "readlink /proc/self/fd/* /proc/$$/fd/*; env"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process child = Process.Start(start)!;
        string[] lines = child.StandardOutput.ReadToEnd().Split('\n');
        child.WaitForExit();
        bool Any(string beginning) => lines.Any(line => line.StartsWith(beginning, StringComparison.Ordinal));
        return $"pipe {Any("pipe:")}, socket {Any("socket:")}, region {Any("/memfd:")}, variable {Any(ChildRegion.Variable)}";
    }
}
