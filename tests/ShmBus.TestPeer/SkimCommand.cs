using System.Globalization;

namespace ShmBus.TestPeer;

/// <summary>
/// PATH SEED PAUSE: reads and verifies <see cref="Steps"/>, and turns so many times after each message. Where it is evicted, it says so
/// and joins anew. Asked by a line, it reads what is there to the last and says how many bytes of the ring it read, missed, and
/// passed by because a publisher died, and how often it was evicted.
/// </summary>
internal static class SkimCommand
{
    internal static int Run(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        Steps steps = new(StreamCommands.Parse(arguments[1]), topic.MaxMessageLength);
        using CancellationTokenSource asked = new();
        Task.Run(Console.In.ReadLine).ContinueWith(_ => asked.Cancel(), TaskScheduler.Default);
        Skimmer skimmer = new(steps, (int)StreamCommands.Parse(arguments[2])) { End = topic.Capacity + topic.Inspect().PublishedBytes };
        int evictions = 0;
        while (!Read(topic, skimmer, asked.Token))
        {
            evictions++;
            // Which it gets next is not known: what it has not read by now it may never get.
            skimmer.End = null;
            Console.WriteLine("evicted");
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{skimmer.Read} {skimmer.Missed} {skimmer.Lost} {evictions}"));
        return 0;
    }

    /// <summary>Reads to the last when asked to; false when it was evicted before.</summary>
    private static bool Read(Topic topic, Skimmer skimmer, CancellationToken asked)
    {
        using Subscriber subscriber = topic.CreateSubscriber();
        subscriber.Lost += (_, loss) => skimmer.OnLost(loss);
        Console.WriteLine("ready");
        long missedBefore = skimmer.Missed;
        try
        {
            try
            {
                for (long turn = 0; ; turn++)
                {
                    if (turn % 2 == 0)
                    {
                        skimmer.OnMessage(subscriber.Read(asked));
                    }
                    else
                    {
                        subscriber.Poll(skimmer.OnMessage, limit: 100);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                while (subscriber.Poll(skimmer.OnMessage) > 0)
                {
                }
            }
        }
        catch (Rings.SubscriberEvictedException)
        {
            return false;
        }
        if (skimmer.Missed - missedBefore != subscriber.MissedBytes)
        {
            throw new InvalidDataException($"{skimmer.Missed - missedBefore} bytes were told to be missed; the subscriber counts {subscriber.MissedBytes}");
        }
        skimmer.RequireEnd(topic.Capacity + topic.Inspect().PublishedBytes);
        return true;
    }

    /// <summary>
    /// Requires that what it is handed and what it is told to have missed lie side by side, from its first position to the last: each
    /// byte of the ring is one or the other, and no batch is handed out in part.
    /// </summary>
    private sealed class Skimmer(Steps steps, int pause)
    {
        private long _last;
        private long _leftOfBatch;
        private long _aborted;
        private bool _mayBeginAnywhere;

        /// <summary>Up to where everything is accounted for; null: from the next message on.</summary>
        internal long? End { get; set; }

        internal long Read { get; private set; }

        internal long Missed { get; private set; }

        internal long Lost { get; private set; }

        internal void OnMessage(Message message)
        {
            // Types are numbers modulo 2^32; they grow.
            long number = _last + (uint)(message.Type - (uint)_last);
            long step = number / Steps.MostInBatch;
            steps.Verify(number, message.Payload);
            if (_leftOfBatch > 0)
            {
                Require(number == _last + 1, $"message {number} in a batch after {_last}");
                _leftOfBatch--;
            }
            else
            {
                int count = steps.Count(step);
                Require(number % Steps.MostInBatch == 0, $"message {number} is not the first of its batch");
                GoOnAt(message.Position - (count > 0 ? RecordHeader : 0));
                End += steps.Extent(step);
                Read += steps.Extent(step);
                _aborted = steps.AbortedExtent(step);
                _mayBeginAnywhere = false;
                _leftOfBatch = Math.Max(0, count - 1);
            }
            _last = number;
            Thread.SpinWait(pause);
        }

        internal void OnLost(LossEventArgs loss)
        {
            Require(_leftOfBatch == 0, $"a loss at {loss.Position} in the middle of a batch");
            GoOnAt(loss.Position);
            End += loss.Length;
            _mayBeginAnywhere = true;
            if (loss.Cause == LossCause.Overwritten)
            {
                Missed += loss.Length;
            }
            else
            {
                Lost += loss.Length;
            }
        }

        internal void RequireEnd(long position)
        {
            Require(_leftOfBatch == 0, "the rest of a batch is missing");
            GoOnAt(position);
        }

        private const int RecordHeader = 16;

        /// <summary>In between may lie what is not handed out: an aborted claim. Behind a loss that may be of a step that was missed.</summary>
        private void GoOnAt(long position)
        {
            long passed = position - End ?? 0;
            Require(passed == 0 || passed == _aborted || (_mayBeginAnywhere && passed > 0), $"{passed} bytes before {position} are not accounted for, at message {_last}");
            Read += passed;
            End = position;
            _aborted = 0;
        }

        private static void Require(bool condition, string otherwise)
        {
            if (!condition)
            {
                throw new InvalidDataException(otherwise);
            }
        }
    }
}
