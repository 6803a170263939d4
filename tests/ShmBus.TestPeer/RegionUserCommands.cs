using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.TestPeer;

/// <summary>What a process meets that is not root, or has less than it asks for.</summary>
internal static class RegionUserCommands
{
    internal static int Run(string[] arguments)
    {
        // All that is needed later is loaded while everything can still be read.
        using (Topic warm = Topic.CreateAnonymous())
        {
            Exchange(warm);
        }
        switch (arguments)
        {
            case ["region-user-open", string user, string path]:
                Become(user);
                Tell(() => Topic.Open(path).Dispose());
                return 0;
            case ["region-user-create", string user, string group, string path]:
                Become(user);
                Tell(() => Topic.OpenOrCreate(path, new TopicOptions { Group = int.Parse(group, CultureInfo.InvariantCulture) }).Dispose());
                return 0;
            case ["region-user-lock", string user, string limit, string path]:
                Posix.LimitLockedMemory(ulong.Parse(limit, CultureInfo.InvariantCulture));
                Become(user);
                return Lock(path);
            case ["region-user-name", string user, string directory]:
                Become(user);
                return LoseName(directory);
            default:
                return 2;
        }
    }

    private static void Become(string user)
    {
        if (Posix.IsRoot)
        {
            Posix.BecomeUser(uint.Parse(user, CultureInfo.InvariantCulture));
        }
    }

    private static void Tell(Action action)
    {
        try
        {
            action();
            Console.WriteLine("done");
        }
        catch (IOException exception)
        {
            Console.WriteLine($"{exception.GetType().Name} {exception.Message}");
        }
    }

    private static int Lock(string path)
    {
        using Topic topic = Topic.OpenOrCreate(path, new TopicOptions { Lock = true });
        using Publisher publisher = topic.CreatePublisher();
        Console.WriteLine(string.Join(';', publisher.Refused.Select(refused => $"{refused.Option}: {refused.Reason}")));
        Exchange(topic, publisher);
        Console.WriteLine("done");
        return 0;
    }

    /// <summary>
    /// The name changes while this process may not look at it, which must not end the process. That the watch has dealt with it
    /// is known from a second topic, whose later event comes through the same queue.
    /// </summary>
    private static int LoseName(string directory)
    {
        string hidden = Path.Combine(directory, "hidden");
        using Topic first = Topic.OpenOrCreate(Path.Combine(hidden, "t"));
        using Topic second = Topic.OpenOrCreate(Path.Combine(directory, "t"));
        using Publisher firstPublisher = first.CreatePublisher();
        using Publisher secondPublisher = second.CreatePublisher();
        using SemaphoreSlim firstLost = new(0), secondLost = new(0);
        firstPublisher.NameLost += (_, _) => firstLost.Release();
        secondPublisher.NameLost += (_, _) => secondLost.Release();
        using (SafeFileHandle file = File.OpenHandle(first.Path!, share: FileShare.ReadWrite | FileShare.Delete))
        {
            File.SetUnixFileMode(hidden, UnixFileMode.None);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        File.Delete(second.Path!);
        secondLost.Wait();
        Console.WriteLine("watching");
        File.SetUnixFileMode(hidden, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(first.Path!);
        firstLost.Wait();
        Console.WriteLine("lost");
        return 0;
    }

    private static void Exchange(Topic topic, Publisher? publisher = null)
    {
        using Publisher? own = publisher is null ? topic.CreatePublisher() : null;
        using Subscriber subscriber = topic.CreateSubscriber();
        (publisher ?? own)!.Publish([42]);
        if (subscriber.Read().Payload is not [42])
        {
            throw new InvalidDataException("A message was garbled.");
        }
    }
}
