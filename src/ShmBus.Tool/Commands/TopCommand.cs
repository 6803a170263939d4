using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Channels;
using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Output;
using ShmBus.Tool.Top;

namespace ShmBus.Tool.Commands;

/// <summary>A bus while it works.</summary>
internal static class TopCommand
{
    internal static Command Create()
    {
        var command = new ToolCommand("top", "Shows what goes on on a bus, again and again: rates, depths, wakes, full rings, losses. In a terminal with keys; else a line for each topic and look.",
            "shmbus top", "shmbus top --interval 1", "shmbus top -n 10 > log", "shmbus top --json | jq .topics");
        Option<double> interval = new("--interval") { Description = "Seconds between two looks, from 0.1 on. Default: 0.5.", HelpName = "SECONDS", DefaultValueFactory = static _ => 0.5 };
        Option<int> count = new("--count", "-n") { Description = "End after so many looks, which there are no keys for then.", HelpName = "N" };
        interval.Validators.Add(static parsed =>
        {
            if (parsed.Tokens is [var token] && !(double.TryParse(token.Value, CultureInfo.InvariantCulture, out double value) && value is >= 0.1 and <= 3600))
            {
                parsed.AddError($"'{token.Value}' is no interval; expected seconds from 0.1 to 3600.");
            }
        });
        command.Options.Add(interval);
        command.Options.Add(count);
        command.Run(async (context, cancellation) =>
        {
            using Bus bus = context.OpenBus();
            using BusWatch watch = new(bus);
            TimeSpan between = TimeSpan.FromSeconds(context.Get(interval));
            int looks = context.Get(count);
            if (looks == 0 && !context.IsJson && Screen.Exists)
            {
                await ShowAsync(watch, between, cancellation).ConfigureAwait(false);
            }
            else
            {
                await WriteAsync(context, watch, between, looks, cancellation).ConfigureAwait(false);
            }
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task ShowAsync(BusWatch watch, TimeSpan between, CancellationToken cancellation)
    {
        Channel<ConsoleKeyInfo?> events = Channel.CreateUnbounded<ConsoleKeyInfo?>();
        using PosixSignalRegistration resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => events.Writer.TryWrite(null));
        // It waits in the system for a key, and ends with the process.
        new Thread(() => ReadKeys(events.Writer)) { IsBackground = true, Name = "keys" }.Start();
        TopView view = new(watch);
        using Screen screen = new();
        using PeriodicTimer timer = new(between);
        watch.Look();
        Task<bool> tick = timer.WaitForNextTickAsync(cancellation).AsTask();
        Task<bool> key = events.Reader.WaitToReadAsync(cancellation).AsTask();
        while (true)
        {
            screen.Show(view.Draw(Screen.Width, Screen.Height));
            await (await Task.WhenAny(tick, key).ConfigureAwait(false)).ConfigureAwait(false);
            if (tick.IsCompleted)
            {
                watch.Look();
                tick = timer.WaitForNextTickAsync(cancellation).AsTask();
            }
            while (events.Reader.TryRead(out ConsoleKeyInfo? pressed))
            {
                if (pressed is not null && !view.Handle(pressed.Value))
                {
                    return;
                }
            }
            key = key.IsCompleted ? events.Reader.WaitToReadAsync(cancellation).AsTask() : key;
        }
    }

    private static void ReadKeys(ChannelWriter<ConsoleKeyInfo?> keys)
    {
        try
        {
            while (keys.TryWrite(Console.ReadKey(intercept: true)))
            {
            }
        }
        catch (InvalidOperationException)
        {
            // The terminal is gone: the hang-up ends the tool.
        }
    }

    private static async Task WriteAsync(ToolContext context, BusWatch watch, TimeSpan between, int looks, CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(between);
        // The first look begins the first interval.
        watch.Look();
        if (!context.IsJson)
        {
            context.Output.WriteLine("TIME TOPIC MSG/S BYTES/S DEPTH PUB SUB WAKES/S FULL/S LOST MISSED EVICTED HEALTH");
        }
        for (int i = 0; (looks == 0 || i < looks) && await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false); i++)
        {
            watch.Look();
            TopReport report = new(DateTimeOffset.UtcNow, [.. watch.Topics.OrderBy(static topic => topic.Name, StringComparer.Ordinal).Select(Row)]);
            if (context.IsJson)
            {
                context.Output.WriteLine(JsonSerializer.Serialize(report, ToolJson.Default.TopReport));
            }
            else
            {
                foreach (TopTopic topic in report.Topics)
                {
                    context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"{report.Time:yyyy-MM-ddTHH:mm:ss.fffZ} {LsCommand.Shown(topic.Name)} {topic.MessagesPerSecond:0} {topic.BytesPerSecond:0} {topic.DepthBytes} {topic.Publishers} {topic.Subscribers} {topic.WakesPerSecond:0.#} {topic.FullPerSecond:0.#} {topic.Losses} {topic.MissedBytes} {topic.Evicted} {topic.Health}"));
                }
            }
            context.Output.Flush();
        }
    }

    private static TopTopic Row(WatchedTopic topic) => new(
        topic.Name, topic.MessageRate, topic.ByteRate, topic.Depth, topic.Alive(EndpointRole.Publisher), topic.Alive(EndpointRole.Subscriber), topic.WakeRate, topic.FullRate,
        topic.Losses, topic.MissedBytes, topic.Evicted, TopView.Health(topic),
        [.. topic.Endpoints.Where(static endpoint => endpoint.Now.Role == EndpointRole.Subscriber).Select(static endpoint => new TopSubscriber(
            endpoint.Now.Slot, endpoint.Now.PlaceName, endpoint.Now.ProcessId, endpoint.MessageRate, endpoint.Now.UnreadBytes))]);
}

/// <summary>One look.</summary>
internal sealed record TopReport(DateTimeOffset Time, IReadOnlyList<TopTopic> Topics);

/// <param name="BytesPerSecond">Of the ring, headers and padding included, since the last look.</param>
/// <param name="FullPerSecond">How often publishers went to sleep because there was no room.</param>
internal sealed record TopTopic(
    string Name, double MessagesPerSecond, double BytesPerSecond, long DepthBytes, int Publishers, int Subscribers, double WakesPerSecond, double FullPerSecond,
    long Losses, long MissedBytes, int Evicted, string Health, IReadOnlyList<TopSubscriber> Lags);

internal sealed record TopSubscriber(int Slot, string? Place, int ProcessId, double MessagesPerSecond, long LagBytes);
