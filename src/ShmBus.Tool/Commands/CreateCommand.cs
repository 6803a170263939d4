using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>Makes a topic, so that who comes first need not know how.</summary>
internal static class CreateCommand
{
    internal static Command Create()
    {
        var command = new ToolCommand("create", "Makes a topic, and its bus where that is missing. Where the topic is there already, made in the same way, all is well.",
            "shmbus create orders", "shmbus create prices --broadcast --subscribers 16 --capacity 4M", "shmbus create ticks --broadcast --overwrite", "shmbus create events --publishers 8 --lanes");
        Argument<string> name = CommonOptions.Topic();
        Option<int?> capacity = new("--capacity") { Description = "Bytes of the ring, a power of two: 65536, 64K, 4M. Default: 256K.", HelpName = "BYTES", CustomParser = ParseBytes };
        Option<int?> publishers = new("--publishers") { Description = "How many publishers there may be at once. Default: 1.", HelpName = "N" };
        Option<int?> subscribers = new("--subscribers") { Description = "Broadcast: how many subscribers there may be at once. Default: 8.", HelpName = "N" };
        Option<bool> broadcast = new("--broadcast") { Description = "Every subscriber gets every message; else it is a queue." };
        Option<bool> overwrite = new("--overwrite") { Description = "Broadcast: when it is full, the oldest messages are written over; else publishers wait." };
        Option<int?> evict = new("--evict-at") { Description = "Broadcast: a subscriber that lags by more bytes is evicted.", HelpName = "BYTES", CustomParser = ParseBytes };
        Option<bool> lanes = new("--lanes") { Description = "Each publisher has a ring of its own." };
        command.Arguments.Add(name);
        foreach (Option option in (Option[])[capacity, publishers, subscribers, broadcast, overwrite, evict, lanes])
        {
            command.Options.Add(option);
        }
        command.Run(context =>
        {
            TopicOptions options = new()
            {
                Publishers = context.Get(publishers) ?? 1,
                Delivery = context.Get(broadcast) ? Delivery.Broadcast : Delivery.Queue,
                Overflow = context.Get(overwrite) ? Overflow.Overwrite : Overflow.Wait,
                EvictionLag = context.Get(evict) ?? 0,
                Lanes = context.Get(lanes),
            };
            options = context.Get(capacity) is int bytes ? options with { Capacity = bytes } : options;
            options = context.Get(subscribers) is int most ? options with { Subscribers = most } : options;
            if (options.FindProblems() is [string problem, ..])
            {
                throw new ToolException(ExitCode.Usage, $"Such a topic cannot be made: {problem}");
            }
            using Bus bus = context.OpenBus(create: true);
            using Topic topic = bus.OpenOrCreateTopic(context.Get(name)!, options);
            CreateReport report = new(topic.Path!, topic.IsNew, InspectedOptions.Of(options));
            context.Write(report, ToolJson.Default.CreateReport, output =>
                output.WriteLine($"{(report.IsNew ? "Made" : "Exists")} {report.Path}: {report.Options.Kind}, capacity {Humans.Bytes(report.Options.Capacity)}."));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>A number of bytes, with K, M or G for units of 1024.</summary>
    private static int? ParseBytes(ArgumentResult parsed)
    {
        string text = parsed.Tokens[0].Value;
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        if (long.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= int.MaxValue >> shift)
        {
            return (int)value << shift;
        }
        parsed.AddError($"'{text}' is not a number of bytes such as 65536, 64K or 4M, below 2G.");
        return null;
    }
}

internal sealed record CreateReport(string Path, bool IsNew, InspectedOptions Options);
