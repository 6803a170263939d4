using System.Globalization;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>
/// PATH WAIT SEED: reads and verifies messages from 0 on, from however many publishers one after the other. For each line of input
/// it reads what is there to the last, and says how many messages, bytes and losses there were so far. Ends with the input.
/// </summary>
internal static class FollowCommand
{
    internal static int Run(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber(Enum.Parse<WaitStrategy>(arguments[1]));
        Verifier verifier = new() { Messages = new(StreamCommands.Parse(arguments[2]), topic.MaxMessageLength) };
        Console.WriteLine("ready");
        while (true)
        {
            // Waits without a limit: a wake that was lost must not be made up for by a time-out.
            using CancellationTokenSource asked = new();
            Task<string?> line = Task.Run(() => Console.In.ReadLine());
            line.ContinueWith(_ => asked.Cancel(), TaskScheduler.Default);
            try
            {
                while (true)
                {
                    subscriber.WaitToRead(Timeout.InfiniteTimeSpan, asked.Token);
                    Receive();
                }
            }
            catch (OperationCanceledException)
            {
            }
            while (Receive())
            {
            }
            subscriber.Complete();
            if (line.Result is null)
            {
                return 0;
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verifier.Next} {verifier.Bytes} {subscriber.Losses}"));
        }

        bool Receive()
        {
            if (verifier.Next % 2 == 0)
            {
                return subscriber.Poll(ref verifier, limit: 100) > 0;
            }
            if (subscriber.TryRead(out Message message))
            {
                verifier.OnMessage(message);
                return true;
            }
            return false;
        }
    }

    private struct Verifier : IMessageHandler
    {
        internal required NumberedMessages Messages { get; init; }

        internal long Next { get; private set; }

        internal long Bytes { get; private set; }

        public void OnMessage(in Message message)
        {
            Messages.Verify(Next, message);
            Next++;
            Bytes += message.Payload.Length;
        }
    }
}
