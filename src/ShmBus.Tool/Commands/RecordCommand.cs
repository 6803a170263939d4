using System.CommandLine;
using System.Text;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Moving;
using ShmBus.Tool.Native;
using ShmBus.Tool.Output;
using ShmBus.Tool.Recordings;
using ShmBus.Waiting;

namespace ShmBus.Tool.Commands;

/// <summary>Records the messages of a topic with their times.</summary>
internal static class RecordCommand
{
    /// <summary>How often it looks while it only looks on: that much later than published a message may seem to be.</summary>
    private const long RestNanoseconds = 100_000;

    internal static Command Create()
    {
        var command = new ToolCommand("record",
            "Records the messages of a topic, with their times, into a file: RECORDING.md describes it. It looks on and disturbs nobody; what is written over before it is seen is missed, and said so. " +
            "Ends by Ctrl-C, or as told. Killed, it leaves a file that can be read up to the last message in it.",
            "shmbus record orders orders.shmrec", "shmbus record prices prices.shmrec --duration 60", "shmbus record prices prices.shmrec --subscribe --idle 5");
        Argument<string> name = CommonOptions.Topic();
        Argument<FileInfo> file = new("FILE") { Description = "The file to make." };
        Option<long?> count = new("--number", "-n") { Description = "End after so many messages.", HelpName = "N" };
        Option<double?> duration = new("--duration") { Description = "End after so many seconds.", HelpName = "SECONDS" };
        Option<double?> idle = new("--idle") { Description = "End when nothing came for so many seconds.", HelpName = "SECONDS" };
        Option<bool> oldest = new("--oldest") { Description = "Begin with what is in memory yet, all of it at time 0." };
        Option<bool> subscribe = new("--subscribe") { Description = "Be a subscriber: nothing is missed, but publishers wait for it, and what it reads from a queue is consumed." };
        Option<bool> force = new("--force") { Description = "Replace the file if it exists." };
        command.Arguments.Add(name);
        command.Arguments.Add(file);
        foreach (Option option in (Option[])[count, duration, idle, oldest, subscribe, force])
        {
            command.Options.Add(option);
        }
        command.Run((context, cancellation) => Task.Run(() =>
        {
            PubCommand.CheckUsage(context.Get(count) < 0 || context.Get(duration) is < 0 or double.NaN || context.Get(idle) is < 0 or double.NaN, "Numbers and times are 0 or more.");
            using Bus bus = context.OpenBus();
            using TopicObserver observer = bus.ObserveTopic(context.Get(name)!);
            JoinAt joinAt = context.Get(oldest) ? JoinAt.Oldest : JoinAt.End;
            using Topic? topic = context.Get(subscribe) ? bus.OpenTopic(context.Get(name)!) : null;
            using Subscriber? subscriber = topic?.CreateSubscriber(WaitStrategy.Adaptive, Acknowledge.AfterHandling, joinAt);
            using MessageObserver? messages = subscriber is null ? observer.ObserveMessages(joinAt) : null;
            using FileStream stream = Create(context.Get(file)!, context.Get(force));
            RecordingWriter writer = new(stream, DateTimeOffset.UtcNow, context.Get(name)!, observer.Inspect().Contract?.ToString());
            long start = PreciseSleep.Now;
            // Who is killed leaves a recording at least.
            writer.Flush();
            using Progress progress = new(context, "Recorded");
            if (!Console.IsErrorRedirected)
            {
                context.Error.WriteLine($"Recording '{context.Get(name)}' to '{context.Get(file)}'; Ctrl-C ends it.");
            }
            long end = context.Get(duration) is double seconds ? start + (long)(seconds * 1e9) : long.MaxValue;
            long patience = context.Get(idle) is double quiet ? (long)(quiet * 1e9) : long.MaxValue;
            long last = start, missed = messages?.MissedBytes ?? 0, now = start;
            bool isFirst = context.Get(oldest);
            while (progress.Messages < (context.Get(count) ?? long.MaxValue) && now < end && now - last < patience && !cancellation.IsCancellationRequested)
            {
                bool isThere = subscriber is not null ? subscriber.TryRead(out Message message) : messages!.TryRead(out message);
                now = PreciseSleep.Now;
                // Subscribers are told what they missed in a row from the beginning on.
                long missedNow = subscriber?.MissedBytes ?? messages!.MissedBytes;
                if (missedNow > missed)
                {
                    writer.AddMissed(now - start, missedNow - missed);
                    missed = missedNow;
                }
                if (isThere)
                {
                    last = now;
                    writer.Add(isFirst ? 0 : now - start, message.Type, ExtrasOf(message), message.Payload);
                    progress.Add(message.Payload.Length);
                    if (writer.IsFull)
                    {
                        writer.Flush();
                    }
                    continue;
                }
                isFirst = false;
                writer.Flush();
                progress.Show();
                if (subscriber is null)
                {
                    PreciseSleep.For(RestNanoseconds);
                }
                else
                {
                    subscriber.WaitToRead(TimeSpan.FromMilliseconds(20), CancellationToken.None);
                }
                now = PreciseSleep.Now;
            }
            writer.End(PreciseSleep.Now - start);
            subscriber?.Complete();
            long lost = missed;
            progress.Dispose();
            context.Write(new RecordReport(progress.Messages, progress.Bytes, progress.Seconds, lost, writer.Length), ToolJson.Default.RecordReport, output =>
                output.WriteLine($"Recorded {progress.Messages} messages, {Humans.Bytes(progress.Bytes)}B, in {Humans.Span(TimeSpan.FromSeconds(progress.Seconds))} to '{context.Get(file)}'."));
            if (lost > 0)
            {
                context.Error.WriteLine($"shmbus record: {Humans.Bytes(lost)} of the ring were written over before they were seen: --subscribe misses nothing.");
                return ExitCode.Finding;
            }
            return cancellation.IsCancellationRequested ? ExitCode.Cancelled : ExitCode.Success;
        }, CancellationToken.None));
        return command;
    }

    private static FileStream Create(FileInfo file, bool replaces)
    {
        try
        {
            return new FileStream(file.FullName, replaces ? FileMode.Create : FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (IOException) when (file.Exists && !replaces)
        {
            throw new ToolException(ExitCode.InUse, $"'{file}' exists: name another file, or replace it by --force.");
        }
    }

    private static MessageExtras ExtrasOf(in Message message) => new()
    {
        Timestamp = message.Timestamp,
        CorrelationId = message.CorrelationId,
        TraceContext = message.TraceContext,
        TraceState = !message.TraceState.IsEmpty && Ascii.IsValid(message.TraceState) && message.TraceState.Length <= MessageExtras.MaxTraceStateLength
            ? Encoding.ASCII.GetString(message.TraceState) : null,
    };
}

/// <param name="MissedBytes">Bytes of the ring that were written over before they were seen.</param>
/// <param name="FileBytes">The length of the file.</param>
internal sealed record RecordReport(long Messages, long Bytes, double Seconds, long MissedBytes, long FileBytes);
