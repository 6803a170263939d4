using System.CommandLine;
using System.Globalization;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Moving;
using ShmBus.Tool.Native;
using ShmBus.Tool.Output;
using ShmBus.Tool.Recordings;

namespace ShmBus.Tool.Commands;

/// <summary>Publishes a recording, with its times.</summary>
internal static class ReplayCommand
{
    internal static Command Create()
    {
        var command = new ToolCommand("replay",
            "Publishes the messages of a recording, as far apart as they were. The file is checked to its end before the first is published.",
            "shmbus replay orders.shmrec orders", "shmbus replay orders.shmrec test-orders --speed 10", "shmbus replay orders.shmrec test-orders --speed max");
        Argument<FileInfo> file = new("FILE") { Description = "The recording." };
        Argument<string> name = CommonOptions.Topic();
        // 0 stands for as fast as it goes.
        Option<double> speed = new("--speed")
        {
            Description = "How many times as fast; 'max': as fast as it goes. Default: 1.",
            HelpName = "X",
            DefaultValueFactory = static _ => 1,
            CustomParser = static parsed =>
            {
                string text = parsed.Tokens[0].Value;
                if (text == "max" || (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && double.IsFinite(value)))
                {
                    return text == "max" ? 0 : double.Parse(text, CultureInfo.InvariantCulture);
                }
                parsed.AddError($"'{text}' is no speed: a number above 0, or 'max'.");
                return 1;
            },
        };
        Option<bool> partial = new("--partial") { Description = "Where the file is damaged, publish the messages before that." };
        Option<bool> create = new("--create") { Description = "Make the topic, a plain queue, and its bus, where they are missing." };
        command.Arguments.Add(file);
        command.Arguments.Add(name);
        foreach (Option option in (Option[])[speed, partial, create])
        {
            command.Options.Add(option);
        }
        command.Run((context, cancellation) => Task.Run(() =>
        {
            FileInfo path = context.Get(file)!;
            if (!path.Exists)
            {
                throw new ToolException(ExitCode.NotFound, $"There is no file '{path}': name a recording that 'shmbus record' made.");
            }
            Checked whole = Check(path, context.Get(partial), cancellation);
            if (whole.Problem is not null)
            {
                context.Error.WriteLine($"shmbus replay: {whole.Problem}");
            }
            using Bus bus = context.OpenBus(context.Get(create));
            using Topic topic = PubCommand.OpenTopic(context, bus, context.Get(name)!, context.Get(create));
            if (whole.Longest > topic.MaxMessageLength)
            {
                throw new ToolException(ExitCode.Usage,
                    $"The longest message of '{path}' takes {whole.Longest} bytes, and '{context.Get(name)}' takes {topic.MaxMessageLength}: make a topic with a larger capacity.");
            }
            using FileStream stream = Open(path);
            RecordingReader reader = new(stream, path.ToString());
            using Publisher publisher = topic.CreatePublisher();
            using Progress progress = new(context, "Published") { Total = whole.Bytes };
            double factor = context.Get(speed);
            List<long> late = [];
            long start = PreciseSleep.Now, first = -1;
            while (progress.Messages < whole.Messages && reader.TryRead(out RecordedMessage message))
            {
                first = first < 0 ? message.Time : first;
                if (factor > 0)
                {
                    long due = start + (long)Math.Min((message.Time - first) / factor, long.MaxValue / 2.0);
                    PreciseSleep.Until(due, cancellation);
                    late.Add(PreciseSleep.Now - due);
                }
                cancellation.ThrowIfCancellationRequested();
                PubCommand.Publish(publisher, topic, message.Payload.Span, message.Type, progress, cancellation, message.Extras);
                progress.Add(message.Payload.Length);
            }
            progress.Dispose();
            late.Sort();
            ReplayReport report = new(progress.Messages, progress.Bytes, progress.Seconds, late.Count == 0 ? 0 : late[late.Count / 2] / 1e3, late.Count == 0 ? 0 : late[^1] / 1e3, whole.Problem);
            context.Write(report, ToolJson.Default.ReplayReport, output =>
                output.WriteLine($"Published {report.Messages} messages, {Humans.Bytes(report.Bytes)}B, in {Humans.Span(TimeSpan.FromSeconds(report.Seconds))}" +
                    (factor == 0 || late.Count == 0 ? "." : string.Create(CultureInfo.InvariantCulture, $"; half of them within {report.LateMedianUs:0.#} us of their time, the latest {report.LateMaxUs / 1e3:0.###} ms after it."))));
            return whole.IsDamaged ? ExitCode.Corrupt : ExitCode.Success;
        }, CancellationToken.None));
        return command;
    }

    private static FileStream Open(FileInfo file) => new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 17);

    /// <summary>Reads it to its end.</summary>
    private static Checked Check(FileInfo file, bool isPartial, CancellationToken cancellation)
    {
        using FileStream stream = Open(file);
        RecordingReader reader = new(stream, file.ToString());
        int longest = 0;
        long bytes = 0;
        try
        {
            while (reader.TryRead(out RecordedMessage message))
            {
                cancellation.ThrowIfCancellationRequested();
                longest = Math.Max(longest, message.Payload.Length + message.Extras.Length);
                bytes += message.Payload.Length;
            }
        }
        catch (ToolException damage) when (isPartial && damage.Code == ExitCode.Corrupt)
        {
            return new Checked(reader.Messages, bytes, longest, damage.Message, IsDamaged: true);
        }
        string? problem = reader.TruncatedAt is long offset
            ? $"'{file}' was not closed: it ends at offset {offset}, after {reader.Messages} whole messages, which are published; what it was made with was killed, or records still." : null;
        return new Checked(reader.Messages, bytes, longest, problem, IsDamaged: false);
    }

    private sealed record Checked(long Messages, long Bytes, int Longest, string? Problem, bool IsDamaged);
}

/// <param name="LateMedianUs">By how many microseconds messages were published after their time, in the middle.</param>
/// <param name="LateMaxUs">The same of the latest.</param>
/// <param name="Problem">What is wrong with the file, or null.</param>
internal sealed record ReplayReport(long Messages, long Bytes, double Seconds, double LateMedianUs, double LateMaxUs, string? Problem);
