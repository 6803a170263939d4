using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>
/// PATH SEED TYPES: a subscriber without a name that joins, at the end or at the oldest, reads some messages and leaves, over and over.
/// From where it joined to where it leaves, no message of a row may be missing. Ends with the input, and says how often it came.
/// </summary>
internal static class VisitCommand
{
    private const int MostMessages = 300;

    internal static int Run(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        ulong seed = StreamCommands.Parse(arguments[1]);
        NumberedMessages[] rows = [.. Enumerable.Range(0, (int)StreamCommands.Parse(arguments[2])).Select(type => new NumberedMessages(seed + (ulong)type, topic.MaxMessageLength))];
        using CancellationTokenSource ended = new();
        Task.Run(Console.In.ReadLine).ContinueWith(_ => ended.Cancel(), TaskScheduler.Default);
        Console.WriteLine("ready");
        int visits = 0;
        long messages = 0;
        try
        {
            for (; ; visits++)
            {
                using Subscriber subscriber = topic.CreateSubscriber(joinAt: (JoinAt)Random.Shared.Next(2));
                // Of the first ones it is not known which they are: they are too short to say.
                long[] next = [.. Enumerable.Repeat(-1L, rows.Length)];
                for (int left = Random.Shared.Next(MostMessages); left > 0; left--)
                {
                    Message message = subscriber.Read(ended.Token);
                    ref long expected = ref next[message.Type];
                    if (expected < 0 && message.Payload.Length >= sizeof(long))
                    {
                        expected = MemoryMarshal.Read<long>(message.Payload);
                    }
                    if (expected >= 0)
                    {
                        rows[message.Type].Verify(expected, message.Payload);
                        expected++;
                    }
                    messages++;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"{visits} {messages}");
            return 0;
        }
    }
}
