using System.CommandLine;
using System.Text;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Moving;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Commands;

/// <summary>Looks at messages without consuming them.</summary>
internal static class TailCommand
{
    private const int DefaultCount = 10;

    /// <summary>How long it rests when there is nothing: nobody wakes who only looks.</summary>
    private const long RestNanoseconds = 2_000_000;

    internal static Command Create()
    {
        var command = new ToolCommand("tail",
            "Shows messages without consuming them: the newest that are still in memory, read by others or not, as tail does it with lines. Nobody waits for it, or notices.",
            "shmbus tail orders", "shmbus tail orders -f --type 7", "shmbus tail orders --from oldest -n 1 --format hex", "shmbus tail orders -f --json | jq .payload");
        Argument<string> name = CommonOptions.Topic();
        Option<TailFrom> from = new("--from") { Description = "Which to show: the newest, or the oldest and all after them. Default: newest." };
        Option<int?> count = new("--number", "-n") { Description = "How many of those to show. Default: 10 of the newest, all from the oldest on.", HelpName = "N" };
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with those that are published from now on, until Ctrl-C." };
        Option<PayloadFormat> format = new("--format") { Description = "How to show payloads. Default: as the topic's contract says, else text, else hex." };
        Option<uint?> type = new("--type") { Description = "Show only messages of this type id.", HelpName = "N" };
        command.Arguments.Add(name);
        foreach (Option option in (Option[])[from, count, follow, format, type])
        {
            command.Options.Add(option);
        }
        command.Run((context, cancellation) => Task.Run(() =>
        {
            PubCommand.CheckUsage(context.Get(count) < 0, "A number of messages is 0 or more.");
            using Bus bus = context.OpenBus();
            using TopicObserver topic = bus.ObserveTopic(context.Get(name)!);
            using MessageObserver messages = topic.ObserveMessages(JoinAt.Oldest);
            MessageText text = new(context.Get(format), topic.Inspect().Contract);
            OutputBuffer output = new(cancellation);
            bool fromOldest = context.Get(from) == TailFrom.Oldest;
            long left = context.Get(count) ?? (fromOldest ? long.MaxValue : DefaultCount);
            long missed = 0;
            try
            {
                // No more than are there by now: publishers may be as fast as this one.
                long end = topic.Inspect().PublishedBytes + topic.Options.Capacity;
                if (fromOldest)
                {
                    while (left > 0 && TryNext(out byte[]? shown, out long position) && (position < end || context.Get(follow)))
                    {
                        Show(shown);
                        left -= shown is null ? 0 : 1;
                    }
                }
                else
                {
                    Queue<byte[]> newest = new();
                    for (long position = 0; position < end && TryNext(out byte[]? shown, out position);)
                    {
                        if (shown is not null)
                        {
                            newest.Enqueue(shown);
                        }
                        if (newest.Count > left)
                        {
                            newest.Dequeue();
                        }
                    }
                    foreach (byte[] shown in newest)
                    {
                        Show(shown);
                    }
                    left = long.MaxValue;
                }
                output.Flush();
                // What was gone before it was asked for is not missed.
                missed = messages.MissedBytes;
                while (context.Get(follow) && left > 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (TryNext(out byte[]? shown, out _))
                    {
                        Show(shown);
                        left -= shown is null ? 0 : 1;
                        continue;
                    }
                    output.Flush();
                    TellMissed();
                    PreciseSleep.For(RestNanoseconds);
                }
                output.Flush();
            }
            catch (PipeClosedException)
            {
                // As every filter: who reads had enough.
            }
            return ExitCode.Success;

            // False when none is there; null where it is not to be shown.
            bool TryNext(out byte[]? shown, out long position)
            {
                cancellation.ThrowIfCancellationRequested();
                shown = null;
                position = 0;
                if (!messages.TryRead(out Message message))
                {
                    return false;
                }
                position = message.Position;
                if (context.Get(type) is not uint wanted || message.Type == wanted)
                {
                    shown = context.IsJson ? text.Json(message).ToArray() : Encoding.UTF8.GetBytes(text.Line(message));
                }
                return true;
            }

            void Show(byte[]? shown)
            {
                output.Add(shown);
                if (output.IsFull)
                {
                    output.Flush();
                }
            }

            void TellMissed()
            {
                if (messages.MissedBytes > missed)
                {
                    context.Error.WriteLine($"shmbus tail: {Humans.Bytes(messages.MissedBytes - missed)} of the ring were written over before they were seen.");
                    missed = messages.MissedBytes;
                }
            }
        }, CancellationToken.None));
        return command;
    }

    private enum TailFrom
    {
        Newest,
        Oldest,
    }
}
