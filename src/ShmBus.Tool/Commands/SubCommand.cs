using System.CommandLine;
using ShmBus.Rings;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Moving;
using ShmBus.Tool.Native;
using ShmBus.Waiting;

namespace ShmBus.Tool.Commands;

/// <summary>Consumes messages and writes their bytes to standard output. What was not written is not consumed: its successor gets it.</summary>
internal static class SubCommand
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    internal static Command Create()
    {
        var command = new ToolCommand("sub",
            "Consumes messages, as a subscriber of the topic, and writes their bytes as they are to standard output. Ends like the reader of a named pipe: when there was a publisher or a message, " +
            "nothing is left to read and no publisher is there any more. A message counts as read when it was written.",
            "shmbus sub backup > archive.tar", "shmbus sub log --lines | grep -i error", "shmbus sub orders -n 1", "shmbus sub prices --follow --from oldest --lines");
        Argument<string> name = CommonOptions.Topic();
        Option<long?> count = new("--number", "-n") { Description = "End after so many messages.", HelpName = "N" };
        Option<bool> lines = new("--lines") { Description = "Write a line end behind each message. The default where standard output is a terminal." };
        Option<byte[]?> delimiter = Delimiter.Option("Write this text behind each message.");
        Option<bool> follow = new("--follow", "-f") { Description = "Go on when no publisher is there any more, until Ctrl-C." };
        Option<bool> oldest = new("--oldest") { Description = "Broadcast: begin with the oldest message that is surely still there. A queue always does." };
        Option<string?> place = new("--place") { Description = "Broadcast: go on at the place of this name, and keep it.", HelpName = "NAME" };
        Option<bool> create = new("--create") { Description = "Make the topic, a plain queue, and its bus, where they are missing." };
        command.Arguments.Add(name);
        foreach (Option option in (Option[])[count, lines, delimiter, follow, oldest, place, create])
        {
            command.Options.Add(option);
        }
        command.Run((context, cancellation) => Task.Run(() =>
        {
            PubCommand.CheckUsage(context.Get(count) < 0, "A number of messages is 0 or more.");
            using Bus bus = context.OpenBus(context.Get(create));
            using Topic topic = PubCommand.OpenTopic(context, bus, context.Get(name)!, context.Get(create));
            byte[] behind = Delimiter.Of(context, lines, delimiter) ?? (Console.IsOutputRedirected ? [] : Delimiter.LineEnd);
            // Where messages are overwritten nobody waits for who has not acknowledged.
            Acknowledge acknowledge = topic.Overflow == Overflow.Overwrite ? Acknowledge.AfterHandling : Acknowledge.Explicitly;
            using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Adaptive, acknowledge, context.Get(oldest) ? JoinAt.Oldest : JoinAt.End, context.Get(place));
            using TopicObserver observer = bus.ObserveTopic(context.Get(name)!);
            using Progress progress = new(context, "Read");
            Consumer consumer = new(subscriber, observer, new OutputBuffer(cancellation), progress)
            {
                Behind = behind,
                Limit = context.Get(count) ?? long.MaxValue,
                Follows = context.Get(follow),
                IsExplicit = acknowledge == Acknowledge.Explicitly,
                KeepsAllReceipts = topic.Lanes,
            };
            try
            {
                consumer.Run(cancellation);
            }
            catch (PipeClosedException)
            {
                // As every filter: who reads had enough.
                return ExitCode.Success;
            }
            if (subscriber.MissedBytes > 0)
            {
                progress.Say($"shmbus sub: {Humans.Bytes(subscriber.MissedBytes)} of the ring were written over before they were read: read faster, or make a topic with a larger capacity.");
                return ExitCode.Finding;
            }
            return ExitCode.Success;
        }, CancellationToken.None));
        return command;
    }

    private sealed class Consumer(Subscriber subscriber, TopicObserver observer, OutputBuffer output, Progress progress)
    {
        private readonly List<MessageReceipt> _receipts = [];
        private bool _hadPublisher;

        internal required byte[] Behind { get; init; }

        internal required long Limit { get; init; }

        internal required bool Follows { get; init; }

        internal required bool IsExplicit { get; init; }

        /// <summary>In a topic of lanes a receipt says nothing of other lanes.</summary>
        internal required bool KeepsAllReceipts { get; init; }

        internal void Run(CancellationToken cancellation)
        {
            _hadPublisher = HasPublisher();
            while (progress.Messages < Limit && !cancellation.IsCancellationRequested)
            {
                bool isThere = subscriber.TryRead(out Message message);
                if (isThere)
                {
                    Take(message);
                }
                if (!isThere || output.IsFull)
                {
                    Write();
                }
                if (!isThere && !Wait(cancellation))
                {
                    break;
                }
            }
            // Also after Ctrl-C: what was taken is written, as far as somebody reads it, or not acknowledged.
            Write();
            cancellation.ThrowIfCancellationRequested();
        }

        private bool HasPublisher() => observer.Inspect().Endpoints.Any(static endpoint => endpoint is { Role: EndpointRole.Publisher, IsAlive: true });

        private void Take(in Message message)
        {
            // The end of a channel is no message of the user's.
            if (message.Type != MessageText.EndMarkType)
            {
                output.Add(message.Payload);
                output.Add(Behind);
                progress.Add(message.Payload.Length);
            }
            if (IsExplicit)
            {
                if (!KeepsAllReceipts)
                {
                    _receipts.Clear();
                }
                _receipts.Add(subscriber.GetReceipt());
            }
        }

        private void Write()
        {
            output.Flush();
            foreach (MessageReceipt receipt in _receipts)
            {
                subscriber.Acknowledge(receipt);
            }
            if (!IsExplicit)
            {
                subscriber.Complete();
            }
            _receipts.Clear();
        }

        /// <summary>Waits for a message. False when there will be none.</summary>
        private bool Wait(CancellationToken cancellation)
        {
            while (!cancellation.IsCancellationRequested)
            {
                try
                {
                    if (subscriber.WaitToRead(Slice, cancellation))
                    {
                        return true;
                    }
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
                bool hasPublisher = HasPublisher();
                progress.Show(hasPublisher ? "messages" : "a publisher");
                if (!Follows && !hasPublisher && (_hadPublisher || progress.Messages > 0))
                {
                    // What the last one published before it left, or died, is there by now.
                    return subscriber.WaitToRead(TimeSpan.Zero, CancellationToken.None);
                }
                _hadPublisher |= hasPublisher;
            }
            return false;
        }
    }
}
