using System.Globalization;
using ShmBus.Waiting;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// A process that has started, and waits to be told what to be: a line of tab-separated words. Ends in good order at the next line,
/// or at the end of the input; with what went wrong on standard error.
/// </summary>
internal static class TorturePeer
{
    internal static int Run()
    {
        Console.WriteLine("ready");
        if (Console.ReadLine()?.Split('\t') is not { } words)
        {
            return 0;
        }
        using CancellationTokenSource ended = new();
        Task.Run(Console.ReadLine).ContinueWith(_ => ended.Cancel(), TaskScheduler.Default);
        using Topic topic = Topic.Open(words[1]);
        using Ledger ledger = new(words[2]);
        int seed = Number(words[3]);
        WaitStrategy wait = Enum.Parse<WaitStrategy>(words[4]);
        try
        {
            switch (words[0])
            {
                case "publish":
                    Publish(topic, ledger, Number(words[5]), Number(words[6]), wait, Number(words[7]), seed, ended.Token);
                    return 0;
                case "visit":
                    using (Ledger visited = new(words[5]))
                    {
                        TortureVisitor.Run(topic, ledger, visited, wait, seed, ended.Token);
                    }
                    return 0;
                default:
                    using (Ledger own = new(words[5]))
                    {
                        string? place = words[8].Length == 0 ? null : words[8];
                        TortureSubscriber.Run(topic, ledger, own, Number(words[6]), wait, Enum.Parse<Acknowledge>(words[7]), place, seed, ended.Token);
                    }
                    return 0;
            }
        }
        catch (SoakException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }

    /// <summary>The words that make a publisher for each of some lives, each on a thread of its own.</summary>
    internal static string ToPublish(Topic topic, string ledger, int seed, WaitStrategy wait, int firstLife, int lives, int restlessness) =>
        Line("publish", topic.Path!, ledger, seed, wait, firstLife, lives, restlessness);

    /// <summary>The words that make a subscriber, with a ledger of its own.</summary>
    internal static string ToSubscribe(
        Topic topic, string published, int seed, WaitStrategy wait, int generation, Acknowledge acknowledge, string own, string? place) =>
        Line("subscribe", topic.Path!, published, seed, wait, own, generation, acknowledge, place ?? "");

    /// <summary>The words that make a subscriber that comes and goes, with a ledger of its own.</summary>
    internal static string ToVisit(Topic topic, string published, int seed, WaitStrategy wait, string own) =>
        Line("visit", topic.Path!, published, seed, wait, own);

    private static void Publish(Topic topic, Ledger ledger, int first, int count, WaitStrategy wait, int restlessness, int seed, CancellationToken ended)
    {
        // One that fails ends the process, by the runtime, with its exception.
        Thread[] others = [.. Enumerable.Range(first + 1, count - 1).Select(life => new Thread(() => PublishOne(life)))];
        foreach (Thread other in others)
        {
            other.Start();
        }
        PublishOne(first);
        foreach (Thread other in others)
        {
            other.Join();
        }

        void PublishOne(int life) => TorturePublisher.Run(topic, ledger, life, wait, restlessness, seed + life, ended);
    }

    private static string Line(params object[] words) =>
        string.Join('\t', words.Select(static word => Convert.ToString(word, CultureInfo.InvariantCulture)));

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
