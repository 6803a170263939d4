using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Serialization;

namespace ShmBus.Hosting.TestPeer;

/// <summary>
/// Two hosts as they are run in earnest, until SIGTERM:
/// <c>restart-publish DIRECTORY COUNT INCARNATION</c> publishes the numbers below COUNT, from where the one before it was;
/// <c>restart-handle DIRECTORY COUNT INCARNATION CONCURRENCY</c> handles them. Both keep a <see cref="RestartJournal"/> beside the topic's directory.
/// </summary>
internal static class RestartCommands
{
    private const string Topic = "numbers";

    private static readonly IMessageSerializer<NumberedMessage> Serializer = MessageSerializer.Unmanaged<NumberedMessage>();

    internal static Task<int> PublishAsync(string[] arguments) => RunAsync(arguments, static (services, bus, _) =>
    {
        bus.AddPublisher(Topic, Serializer);
        services.AddHostedService<NumberPublisher>();
    });

    internal static Task<int> HandleAsync(string[] arguments) => RunAsync(arguments, static (_, bus, rest) =>
    {
        int concurrency = Parse(rest[0]);
        bus.AddHandler<NumberedMessage, NumberHandler>(Topic, Serializer, settings => settings.Concurrency = concurrency);
    });

    private static async Task<int> RunAsync(string[] arguments, Action<IServiceCollection, ShmBusBuilder, string[]> configure)
    {
        string directory = arguments[0];
        int count = Parse(arguments[1]);
        using RestartJournal journal = new(Path.Combine(directory, "journal"), count);
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(new Run(journal, count, Parse(arguments[2])));
        builder.Services.AddShmBus(bus =>
        {
            bus.Configure(options => options.Directory = Path.Combine(directory, "bus")).ConfigureTopic(Topic, static topic => topic.Capacity = 1 << 16);
            configure(builder.Services, bus, arguments[3..]);
        });
        await builder.Build().RunAsync();
        return Environment.ExitCode;
    }

    private static int Parse(string number) => int.Parse(number, CultureInfo.InvariantCulture);

    private readonly record struct NumberedMessage(long Number, long Publisher);

    private sealed record Run(RestartJournal Journal, int Count, int Incarnation);

    private sealed class NumberPublisher(IMessagePublisher<NumberedMessage> publisher, Run run) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            RestartJournal journal = run.Journal;
            while (journal.Next < run.Count)
            {
                if (journal.Next == Volatile.Read(ref journal.Limit))
                {
                    await Task.Delay(1, stoppingToken);
                    continue;
                }
                stoppingToken.ThrowIfCancellationRequested();
                await publisher.PublishAsync(new NumberedMessage(journal.Next, run.Incarnation), cancellationToken: stoppingToken);
                Volatile.Write(ref journal.Next, journal.Next + 1);
            }
        }
    }

    private sealed class NumberHandler(Run run) : IMessageHandler<NumberedMessage>
    {
        public ValueTask HandleAsync(NumberedMessage message, MessageContext context, CancellationToken cancellationToken)
        {
            run.Journal.Handle(message.Number, (int)message.Publisher, run.Incarnation);
            return default;
        }
    }
}
