using System.Globalization;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>Sending and receiving rows of <see cref="NumberedMessages"/>.</summary>
internal static class StreamCommands
{
    /// <summary>
    /// PATH WAIT SEED FIRST COUNT [TYPE]: publishes messages FIRST to FIRST + COUNT - 1, by each way of publishing in turn.
    /// </summary>
    internal static int Send(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Publisher publisher = topic.CreatePublisher(Enum.Parse<WaitStrategy>(arguments[1]));
        NumberedMessages messages = new(Parse(arguments[2]), topic.MaxMessageLength);
        MessageBatch batch = new();
        long number = (long)Parse(arguments[3]);
        long end = number + (long)Parse(arguments[4]);
        uint type = arguments.Length > 5 ? (uint)Parse(arguments[5]) : 0;
        Console.WriteLine("ready");
        while (number < end)
        {
            int length = messages.Length(number);
            switch (number % 6)
            {
                case 0:
                    Claim claim = Claim(publisher, length, type);
                    messages.Fill(number, claim.Payload);
                    claim.Commit();
                    break;
                case 1:
                    Claim longer = Claim(publisher, Math.Min(length + (int)(number % 64), topic.MaxMessageLength), type);
                    messages.Fill(number, longer.Payload[..length]);
                    longer.Commit(length);
                    break;
                case 2:
                    Claim(publisher, length, type).Dispose();
                    publisher.Publish(messages[number], type);
                    break;
                case 3:
                    batch.Clear();
                    for (long last = Math.Min(end, number + 1 + (number % 7)); number < last && Fits(messages.Length(number)); number++)
                    {
                        batch.Add(messages[number], type);
                    }
                    if (batch.Count > 0)
                    {
                        publisher.Publish(batch);
                        continue;
                    }
                    goto default;
                case 4 when messages.Extras(number) is var extras && length + extras.Length <= topic.MaxMessageLength:
                    publisher.Publish(messages[number], type, extras);
                    break;
                default:
                    publisher.Publish(messages[number], type);
                    break;
            }
            number++;
        }
        Console.WriteLine("sent");
        return 0;

        // A message of a batch has a header of 8 bytes, and is padded to a multiple of 8.
        bool Fits(int length) => batch.Length + 8 + (length + 7) / 8 * 8 <= topic.MaxMessageLength;
    }

    /// <summary>PATH WAIT SEED FIRST COUNT: reads and verifies messages FIRST to FIRST + COUNT - 1, by each way of reading in turn.</summary>
    internal static int Receive(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber(Enum.Parse<WaitStrategy>(arguments[1]));
        long first = (long)Parse(arguments[3]);
        Verifier verifier = new() { Messages = new(Parse(arguments[2]), topic.MaxMessageLength), Next = first };
        long end = first + (long)Parse(arguments[4]);
        Console.WriteLine("ready");
        while (verifier.Next < end)
        {
            subscriber.WaitToRead(Timeout.InfiniteTimeSpan);
            if (verifier.Next % 2 == 0)
            {
                subscriber.Poll(ref verifier, limit: (int)Math.Min(100, end - verifier.Next));
            }
            else if (subscriber.TryRead(out Message message))
            {
                verifier.OnMessage(message);
            }
        }
        subscriber.Complete();
        Console.WriteLine("received");
        return 0;
    }

    /// <summary>PATH-IN PATH-OUT WAIT COUNT: sends each message back.</summary>
    internal static int Echo(string[] arguments)
    {
        using Topic requests = Topic.Open(arguments[0]);
        using Topic replies = Topic.Open(arguments[1]);
        WaitStrategy wait = Enum.Parse<WaitStrategy>(arguments[2]);
        using Subscriber subscriber = requests.CreateSubscriber(wait);
        using Publisher publisher = replies.CreatePublisher(wait);
        Console.WriteLine("ready");
        for (ulong count = Parse(arguments[3]); count > 0; count--)
        {
            publisher.Publish(subscriber.Read().Payload);
        }
        subscriber.Complete();
        Console.WriteLine("done");
        return 0;
    }

    internal static ulong Parse(string number) => ulong.Parse(number, CultureInfo.InvariantCulture);

    private static Claim Claim(Publisher publisher, int length, uint type)
    {
        Claim claim;
        while (!publisher.TryClaim(length, type, out claim))
        {
            publisher.WaitToPublish(length, Timeout.InfiniteTimeSpan);
        }
        return claim;
    }

    private struct Verifier : IMessageHandler
    {
        internal required NumberedMessages Messages { get; init; }

        internal long Next { get; set; }

        public void OnMessage(in Message message)
        {
            Messages.Verify(Next, message);
            Next++;
        }
    }
}
