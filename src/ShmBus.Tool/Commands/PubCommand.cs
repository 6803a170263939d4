using System.CommandLine;
using System.Text;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Moving;
using ShmBus.Tool.Native;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>Publishes what comes on standard input, what is in files, or what the command line says.</summary>
internal static class PubCommand
{
    private const int DefaultPiece = 32 << 10;

    /// <summary>How long it waits for room before it says so.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(250);

    internal static Command Create()
    {
        var command = new ToolCommand("pub",
            "Publishes standard input, or files. Unless told otherwise: typed at a terminal, each line is a message; else the bytes go as they are, in pieces, and 'shmbus sub' puts them together again. " +
            "Where the topic is full, it waits. It ends when all is published, read or not.",
            "shmbus pub orders -m 'hello'", "shmbus pub backup < archive.tar", "tail -F app.log | shmbus pub log --lines", "shmbus pub images --whole *.png", "shmbus pub ticks -m x --repeat 1000000 --rate 1000");
        Argument<string> name = CommonOptions.Topic();
        Argument<FileInfo[]> files = new("FILE") { Description = "Files to publish instead of standard input.", Arity = ArgumentArity.ZeroOrMore };
        Option<string[]> texts = new("--message", "-m") { Description = "A text that is a message, instead of standard input. May be given several times.", HelpName = "TEXT" };
        Option<bool> lines = new("--lines") { Description = "Each line is a message, without its line end." };
        Option<byte[]?> delimiter = Delimiter.Option("Each piece up to this text is a message, without it.");
        Option<bool> whole = new("--whole") { Description = "Each file, or all of standard input, is one message." };
        Option<int?> piece = new("--chunk") { Description = "The most bytes of a piece. Default: 32768, or what the topic takes.", HelpName = "BYTES" };
        Option<uint> type = new("--type") { Description = "The type id of the messages. Default: 0.", HelpName = "N" };
        Option<long?> repeat = new("--repeat") { Description = "How often to publish all of the messages; 0: until Ctrl-C. The input is kept in memory.", HelpName = "N" };
        Option<double?> rate = new("--rate") { Description = "How many messages to publish a second, evenly. Default: as fast as it goes.", HelpName = "R" };
        Option<bool> create = new("--create") { Description = "Make the topic, a plain queue, and its bus, where they are missing." };
        command.Arguments.Add(name);
        command.Arguments.Add(files);
        foreach (Option option in (Option[])[texts, lines, delimiter, whole, piece, type, repeat, rate, create])
        {
            command.Options.Add(option);
        }
        // On a thread of its own: the main one deals with Ctrl-C.
        command.Run((context, cancellation) => Task.Run(() =>
        {
            FileInfo[] inputs = context.Get(files) ?? [];
            string[] said = context.Get(texts) ?? [];
            byte[]? between = Delimiter.Of(context, lines, delimiter);
            CheckUsage(inputs.Length > 0 && said.Length > 0, "Messages come from files or from --message, not from both.");
            CheckUsage(new[] { between is not null, context.Get(whole), context.Get(piece) is not null }.Count(static given => given) > 1,
                "Only one of --lines, --delimiter, --whole and --chunk can be given.");
            CheckUsage(context.Get(rate) is <= 0 or double.NaN, "A rate is more than 0.");
            CheckUsage(context.Get(repeat) < 0, "It can be repeated 0 times, which is without end, or more.");
            CheckUsage(context.Get(piece) <= 0, "A piece has at least 1 byte.");
            using Bus bus = context.OpenBus(context.Get(create));
            using Topic topic = OpenTopic(context, bus, context.Get(name)!, context.Get(create));
            InputMessages input = new(topic.MaxMessageLength, cancellation);
            if (between is null && inputs.Length == 0 && !context.Get(whole) && context.Get(piece) is null && !Console.IsInputRedirected)
            {
                between = Delimiter.LineEnd;
            }
            IEnumerable<ReadOnlyMemory<byte>> Of(FileInfo? file) =>
                context.Get(whole) ? [input.Whole(file)]
                : between is not null ? input.Delimited(file, between)
                : input.Pieces(file, Math.Min(context.Get(piece) ?? DefaultPiece, topic.MaxMessageLength));
            IEnumerable<ReadOnlyMemory<byte>> messages =
                said.Length > 0 ? said.Select(static text => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(text)))
                : inputs.Length > 0 ? inputs.SelectMany(Of) : Of(null);
            if (context.Get(repeat) is long times)
            {
                messages = Repeat([.. messages.Select(static message => new ReadOnlyMemory<byte>(message.ToArray()))], times);
            }
            using Progress progress = new(context, "Published") { Total = context.Get(repeat) is null ? inputs.Sum(static file => file.Exists ? file.Length : 0) : 0 };
            // What cannot be read is said before anybody is told of a publisher.
            inputs.FirstOrDefault(static file => !file.Exists)?.OpenRead();
            using Publisher publisher = topic.CreatePublisher();
            long start = PreciseSleep.Now;
            foreach (ReadOnlyMemory<byte> message in messages)
            {
                if (context.Get(rate) is double perSecond)
                {
                    PreciseSleep.Until(start + (long)(progress.Messages * 1e9 / perSecond), cancellation);
                }
                cancellation.ThrowIfCancellationRequested();
                Publish(publisher, topic, message.Span, context.Get(type), progress, cancellation);
                progress.Add(message.Length);
            }
            progress.Dispose();
            if (context.IsJson)
            {
                context.Write(new MovedReport(progress.Messages, progress.Bytes, progress.Seconds), ToolJson.Default.MovedReport, static _ => { });
            }
            return ExitCode.Success;
        }, CancellationToken.None));
        return command;
    }

    /// <summary>Opens the topic of a command that moves messages.</summary>
    internal static Topic OpenTopic(ToolContext context, Bus bus, string name, bool create)
    {
        try
        {
            return bus.OpenTopic(name);
        }
        catch (ShmBus.Native.NotFoundErrnoException)
        {
            return create ? bus.OpenOrCreateTopic(name)
                : throw new ToolException(ExitCode.NotFound, $"There is no topic '{name}' on the bus '{bus.Directory}': make it by 'shmbus create {name}', or give --create.");
        }
    }

    /// <summary>Publishes one message; where it waits long, it says for what.</summary>
    internal static void Publish(Publisher publisher, Topic topic, ReadOnlySpan<byte> message, uint type, Progress progress, CancellationToken cancellation, MessageExtras extras = default)
    {
        TimeSpan waited = default;
        while (!publisher.TryPublish(message, type, extras))
        {
            if (publisher.WaitToPublish(message.Length + extras.Length, Slice, cancellation))
            {
                continue;
            }
            waited += Slice;
            progress.Show("room");
            if (waited == Patience)
            {
                progress.Say($"The topic is full ({Humans.Bytes(topic.Capacity)}): waiting until its subscriber reads; 'shmbus inspect {Path.GetFileName(topic.Path)}' shows who that is.");
            }
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Repeat(List<ReadOnlyMemory<byte>> messages, long times)
    {
        for (long i = 0; (i < times || times == 0) && messages.Count > 0; i++)
        {
            foreach (ReadOnlyMemory<byte> message in messages)
            {
                yield return message;
            }
        }
    }

    internal static void CheckUsage(bool isWrong, string message)
    {
        if (isWrong)
        {
            throw new ToolException(ExitCode.Usage, message);
        }
    }
}

/// <summary>What was moved.</summary>
internal sealed record MovedReport(long Messages, long Bytes, double Seconds);
