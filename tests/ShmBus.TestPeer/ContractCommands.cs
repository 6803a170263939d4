using System.Globalization;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Serialization;

namespace ShmBus.TestPeer;

/// <summary>Processes that agree on what the messages of a topic look like, and one that is killed while it writes that down.</summary>
internal static class ContractCommands
{
    internal static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["contract-agree", string contract]:
                return Agree(contract);
            case ["contract-agree-passed", string address, string contract]:
                return AgreePassed(address, contract);
            case ["contract-write", string path, .. string[] contracts]:
                return Write(path, contracts);
            case ["contract-hold", string offset, string path]:
                return Hold(long.Parse(offset, CultureInfo.InvariantCulture), path);
            case ["contract-agree-under-file-size-limit", string path]:
                return AgreeUnderFileSizeLimit(path);
            default:
                Console.Error.WriteLine($"There is no command '{string.Join(' ', arguments)}'.");
                return 2;
        }
    }

    /// <summary>For each path that it is told: comes there with its contract.</summary>
    private static int Agree(string contract)
    {
        MessageContract own = Parse(contract);
        using (Topic warm = Topic.CreateAnonymous())
        {
            warm.AgreeOn(own);
        }
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } path)
        {
            using Topic topic = Topic.OpenOrCreate(path);
            Console.WriteLine(Outcome(topic, own));
        }
        return 0;
    }

    /// <summary>The same for a region that a server hands over, which may be anybody's.</summary>
    private static int AgreePassed(string address, string contract)
    {
        MessageContract own = Parse(contract);
        using RegionClient client = RegionClient.Connect(address, new RegionClientOptions { ServerUsers = [0], Topic = new TopicOptions { TrustPeers = false } });
        Console.WriteLine(client.Create("", RegionGrants.Publish, passed =>
        {
            using Topic topic = passed;
            return Outcome(topic, own);
        }));
        return 0;
    }

    private static string Outcome(Topic topic, MessageContract contract)
    {
        try
        {
            topic.AgreeOn(contract);
            return "agreed";
        }
        catch (ContractMismatchException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Writes one after the other, for ever, as fast as it can: killed at any moment, it is in the middle of that.</summary>
    private static int Write(string path, string[] contracts)
    {
        byte[][] texts = [.. contracts.Select(static contract => RegionContract.TryCompress(contract)!)];
        using RegionFile file = RegionFile.Open(path, RegionOptions.Default, readOnly: false);
        for (int i = 0; ; i++)
        {
            if (file.TryLock(RegionDescriptor.ContractOffset))
            {
                RegionContract.Read(file).Replace(file, texts[i % texts.Length]);
                file.Unlock(RegionDescriptor.ContractOffset);
            }
            if (i == texts.Length)
            {
                Console.WriteLine("writing");
            }
        }
    }

    /// <summary>Has the lock on a byte, and writes nothing, until its input ends.</summary>
    private static int Hold(long offset, string path)
    {
        using RegionFile file = RegionFile.Open(path, RegionOptions.Default, readOnly: false);
        Console.WriteLine(file.TryLock(offset));
        Console.In.ReadToEnd();
        return 0;
    }

    /// <summary>The kernel would end a process that writes where its files may not reach. .NET does not start under such a limit.</summary>
    private static int AgreeUnderFileSizeLimit(string path)
    {
        using Topic topic = Topic.Open(path);
        NativeCommands.SetLimit(Libc.RLIMIT_FSIZE, 1024);
        try
        {
            topic.AgreeOn(new MessageContract("test", "T"));
        }
        catch (ErrnoException exception)
        {
            Console.WriteLine($"{exception.Operation} {exception.Error}");
        }
        return 0;
    }

    private static MessageContract Parse(string text) => MessageContract.TryParse(text, out MessageContract? contract) ? contract : throw new FormatException(text);
}
