using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>
/// PATH WAIT SEED TYPES COUNT JOURNAL [PLACE ACKNOWLEDGE]: reads and verifies COUNT messages of each type from 0 to TYPES - 1, the
/// row of type t by the seed SEED + t, from where the journal says on. tests/CPeer/subscriber.c does the same.
/// </summary>
internal static class JournalCommand
{
    internal static int Run(string[] arguments)
    {
        bool atMostOnce = arguments.Length > 7 && Enum.Parse<Acknowledge>(arguments[7]) == Acknowledge.BeforeHandling;
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber(
            Enum.Parse<WaitStrategy>(arguments[1]), atMostOnce ? Acknowledge.BeforeHandling : Acknowledge.AfterHandling, place: arguments.ElementAtOrDefault(6));
        ulong seed = StreamCommands.Parse(arguments[2]);
        uint types = (uint)StreamCommands.Parse(arguments[3]);
        using Journal journal = new(arguments[5]);
        NumberedMessages[] rows = [.. Enumerable.Range(0, (int)types).Select(type => new NumberedMessages(seed + (ulong)type, topic.MaxMessageLength))];
        long left = types * (long)StreamCommands.Parse(arguments[4]);
        for (uint type = 0; type < types; type++)
        {
            left -= journal.Count(type);
        }
        Console.WriteLine("ready");
        // The one in hand when the last subscriber was killed comes again, and no other; at most once, it may be missing.
        bool mayMiss = atMostOnce && journal.Position != 0;
        for (bool isFirst = true; left > 0; isFirst = false)
        {
            Message message = subscriber.Read();
            NumberedMessages row = rows[message.Type];
            if (isFirst && !atMostOnce && message.Position == journal.Position)
            {
                row.Verify(journal.Count(message.Type) - 1, message);
                continue;
            }
            if (mayMiss && !row.IsMessage(journal.Count(message.Type), message.Payload))
            {
                mayMiss = false;
                journal.Add(message.Type, message.Position);
                journal.Add(Journal.InHand, message.Position);
            }
            row.Verify(journal.Count(message.Type), message);
            journal.Add(message.Type, message.Position);
            left--;
        }
        subscriber.Complete();
        Console.WriteLine("received");
        return 0;
    }
}
