using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Shop;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Tests.House;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.House;

/// <summary>The code that the README shows of hosted services, compiled and run. A test compares the two.</summary>
internal sealed partial class ReadmeSnippets
{
    private const string Section = "Hosted services";

    private static readonly string[] Settings =
    [
        .. new[] { typeof(TopicSettings), typeof(HandlerSettings) }.SelectMany(static type => type.GetProperties()).Select(static property => property.Name),
        .. Enum.GetNames<ErrorAction>(),
    ];

    private static readonly Order Machine = new("Ada", [new Line("analytical engine", 1, 17_000m)]);

    [Test]
    public void The_README_shows_no_other_code_of_hosted_services()
    {
        string here = ReadmeText.OneLine(File.ReadAllText(Repository.File("tests", "ShmBus.Hosting.Tests", "House", "ReadmeSnippets.cs")));
        string[] shown = ReadmeText.CodeOf(Section);
        Assert.That(shown, Has.Length.GreaterThan(10));
        Assert.That(shown.Except(Settings).Where(code => !here.Contains(ReadmeText.OneLine(code), StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_README_of_the_package_shows_nothing_that_the_other_one_does_not()
    {
        string text = File.ReadAllText(Repository.File("src", "ShmBus.Hosting", "README.md"));
        Assert.That(ReadmeText.CodeIn(text), Is.Not.Empty.And.SubsetOf(ReadmeText.CodeOf(Section)));
        Assert.That(JsonIn(text), Is.EqualTo(JsonIn(ReadmeText.SectionOf(Section))));
    }

    [Test]
    public async Task Checkout_and_handler()
    {
        Warehouse warehouse = new();
        HostApplicationBuilder builder = NewBuilder();
        builder.Services.AddSingleton(warehouse).AddSingleton<Checkout>();

        builder.Services.AddShmBus(bus => bus
            .AddPublisher("orders", Order.MessagePack)                          // in one host
            .AddHandler<Order, OrderHandler>("orders", Order.MessagePack));     // in another, or in the same

        builder.Services.AddShmBus(bus => bus.UseInProcess());

        using IHost host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<Checkout>().PlaceAsync(Machine, default);
        Assert.That((await warehouse.Shipped.Task).Customer, Is.EqualTo("Ada"));
        await host.StopAsync();
    }

    [Test]
    public async Task Loop_of_ones_own()
    {
        using Bus shared = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(shared, static bus => bus.AddPublisher("orders", Order.MessagePack).AddSubscriber("orders", Order.MessagePack));
        await host.Services.GetRequiredService<IMessagePublisher<Order>>().PublishAsync(Machine);
        await foreach (Order order in host.Services.GetRequiredService<IMessageSubscriber<Order>>().ReadAllAsync())
        {
            Assert.That(order.Customer, Is.EqualTo("Ada"));
            break;
        }
        await host.StopAsync();
    }

    [Test]
    public void Several_topics_of_a_type()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.Services.AddShmBus(bus => bus.UseInProcess().AddPublisher("orders", Order.MessagePack).AddPublisher("returns", Order.MessagePack));
        builder.Services.AddSingleton<Desk>();
        using IHost host = builder.Build();
        Assert.That(host.Services.GetRequiredService<Desk>().Topics, Is.EqualTo(["orders", "returns"]));
    }

    [Test]
    public void Configuration_by_JSON()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(JsonIn(ReadmeText.SectionOf(Section)))));
        builder.Services.AddShmBus(bus => bus.AddHandler<Order, OrderHandler>("orders", Order.MessagePack));
        using IHost host = builder.Build();
        ShmBusOptions options = host.Services.GetRequiredService<IOptions<ShmBusOptions>>().Value;
        HandlerSettings handler = options.Handlers["orders"];
        Assert.That(
            (options.Name, options.Topics["orders"].Capacity, options.Topics["orders"].Publishers, handler.Concurrency, handler.Retries, handler.RetryDelay, handler.OnError),
            Is.EqualTo(("shop", 1 << 20, 4, 8, 5, TimeSpan.FromMilliseconds(200), ErrorAction.DeadLetter)));
    }

    [Test]
    public void Configuration_by_code()
    {
        HostApplicationBuilder builder = NewBuilder();

        builder.Services.AddShmBus(bus => bus
            .ConfigureTopic("orders", topic => topic.Capacity = 1 << 20)
            .AddHandler<Order, OrderHandler>("orders", Order.MessagePack, handler => handler.Concurrency = 8));

        using IHost host = builder.Build();
        ShmBusOptions options = host.Services.GetRequiredService<IOptions<ShmBusOptions>>().Value;
        Assert.That((options.Topics["orders"].Capacity, options.Handlers["orders"].Concurrency), Is.EqualTo((1 << 20, 8)));
    }

    [Test]
    public async Task Dead_letters()
    {
        using Bus shared = Bus.InProcess();
        TaskCompletionSource<DeadLetter> reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await TestHost.StartAsync(shared, bus =>
        {
            bus.AddPublisher("orders", Order.MessagePack);
            bus.AddHandler("orders", Order.MessagePack, static (_, _, _, _) => throw new InvalidOperationException("No."), static handler =>
            {
                handler.Retries = 0;
                handler.OnError = ErrorAction.DeadLetter;
            });

            bus.AddHandler("orders.dead", DeadLetter.Serializer, (services, letter, context, cancellationToken) => ReportAsync(letter));
        });
        await host.Services.GetRequiredService<IMessagePublisher<Order>>().PublishAsync(Machine);
        Assert.That((await reported.Task).ErrorMessage, Is.EqualTo("No."));
        await host.StopAsync();

        ValueTask ReportAsync(DeadLetter letter)
        {
            reported.TrySetResult(letter);
            return default;
        }
    }

    [Test]
    public async Task Health_and_OpenTelemetry()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.Services.AddShmBus(bus => bus.UseInProcess().AddPublisher("orders", Order.MessagePack));

        builder.Services.AddHealthChecks().AddShmBus();
        builder.Services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddMeter(ShmBusTelemetry.MeterName));
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource(ShmBusTelemetry.ActivitySourceName));

        using IHost host = builder.Build();
        await host.StartAsync();
        HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.That(report.Entries["shmbus"].Status, Is.EqualTo(HealthStatus.Degraded), "Nobody is at the other end.");
        await host.StopAsync();
    }

    private static HostApplicationBuilder NewBuilder() => Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });

    private static string JsonIn(string text) => Json().Matches(text).Single().Groups["json"].Value;

    [GeneratedRegex(@"^```json\n(?<json>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Json();
}

public sealed class Checkout(IMessagePublisher<Order> orders)
{
    public async Task PlaceAsync(Order order, CancellationToken cancellationToken) =>
        await orders.PublishAsync(order, cancellationToken: cancellationToken);     // waits for room, and until the topic can be reached
}

public sealed class OrderHandler(Warehouse warehouse) : IMessageHandler<Order>
{
    public async ValueTask HandleAsync(Order order, MessageContext context, CancellationToken cancellationToken) =>
        await warehouse.ShipAsync(order, cancellationToken);                        // delivered when this completes
}

public sealed class Warehouse
{
    internal TaskCompletionSource<Order> Shipped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task ShipAsync(Order order, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Shipped.SetResult(order);
        return Task.CompletedTask;
    }
}

public sealed class Desk(
    [FromKeyedServices("orders")] IMessagePublisher<Order> orders,
    [FromKeyedServices("returns")] IMessagePublisher<Order> returns)
{
    internal string[] Topics => [orders.Topic, returns.Topic];
}
