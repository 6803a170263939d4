using ShmBus.Native;

namespace ShmBus.TestPeer;

/// <summary>
/// A disk of 1 MiB that runs full, in every order. Whatever is wrong ends in an exception here; a process that dies of SIGBUS is
/// seen from outside.
/// </summary>
internal static class FullDisk
{
    private static readonly TopicOptions Small = new() { Capacity = 64 << 10 };

    internal static int Run(string directory)
    {
        string path = Path.Combine(directory, "t");
        string copy = Path.Combine(directory, "copy");
        string filler = Path.Combine(directory, "filler");

        ExpectNoSpace(() => Topic.OpenOrCreate(path, new TopicOptions { Capacity = 1 << 20 }).Dispose());
        Check(Directory.GetFileSystemEntries(directory).Length == 0, "a topic that did not fit left something behind");
        using Topic topic = Topic.OpenOrCreate(path, Small);
        MakeSparseCopy(path, copy);
        Fill(filler);
        Console.WriteLine("full");

        ExpectNoSpace(() => Topic.OpenOrCreate(Path.Combine(directory, "other"), Small).Dispose());
        Check(Directory.GetFileSystemEntries(directory).Length == 3, "a topic for which there was no room left something behind");
        GoRound(topic);
        Console.WriteLine("what is there goes on");

        using (Topic sparse = Topic.Open(copy))
        {
            ExpectNoSpace(() => sparse.CreatePublisher().Dispose());
            ExpectNoSpace(() => sparse.CreateSubscriber().Dispose());
            ExpectNoSpace(() => sparse.Inspect());
            File.Delete(filler);
            GoRound(sparse);
            Fill(filler);
            GoRound(sparse);
        }
        Console.WriteLine("a file with holes is filled or refused");
        return 0;
    }

    /// <summary>Through the whole ring, and once more.</summary>
    private static void GoRound(Topic topic)
    {
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        byte[] payload = new byte[1000];
        for (int i = 0; i < 2 * topic.Capacity / payload.Length; i++)
        {
            Array.Fill(payload, (byte)i);
            publisher.Publish(payload);
            Check(subscriber.Read().Payload.SequenceEqual(payload), "a message was garbled");
        }
        subscriber.Complete();
        topic.Inspect();
    }

    /// <summary>As a copying program makes one that leaves out pages of zeros.</summary>
    private static void MakeSparseCopy(string path, string copy)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using FileStream file = new(copy, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(bytes.AsSpan(0, Environment.SystemPageSize));
        file.SetLength(bytes.Length);
    }

    private static void Fill(string path)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[Environment.SystemPageSize]);
            }
        }
        catch (IOException exception) when (exception.HResult == (int)ErrorNumber.ENOSPC)
        {
            // Full.
        }
    }

    private static void ExpectNoSpace(Action action)
    {
        try
        {
            action();
        }
        catch (SpaceErrnoException exception) when (exception.Error == ErrorNumber.ENOSPC)
        {
            return;
        }
        throw new InvalidDataException("There should have been no space.");
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }
}
