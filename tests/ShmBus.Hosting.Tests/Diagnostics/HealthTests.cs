using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Rings;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Diagnostics;

internal sealed class HealthTests
{
    private const int Capacity = 4096;

    [Test]
    public async Task A_host_that_is_connected_and_has_peers_is_healthy_and_shows_its_figures()
    {
        using Bus bus = Bus.InProcess();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await StartAsync(bus, builder => builder.AddPublisher("orders", MessageSerializer.Utf8).AddHandler("orders", MessageSerializer.Utf8, (_, _, _, _) => new ValueTask(gate.Task), name: "ship"));
        await Publish(host, "orders", "an order");
        HealthReportEntry health = await CheckAsync(host);
        gate.SetResult();
        Assert.That(health.Status, Is.EqualTo(HealthStatus.Healthy), health.Description);
        Assert.That(health.Description, Is.EqualTo("All is well: 2 endpoints are connected."));
        Assert.That(health.Data.Keys, Is.EquivalentTo((string[])
            ["orders:publisher", "orders:ship", "orders:lag", "orders:published", "orders:publishers", "orders:subscribers"]));
        Assert.That(health.Data["orders:publisher"], Is.EqualTo("connected"));
        Assert.That(health.Data["orders:ship"], Is.EqualTo("connected"));
        Assert.That(health.Data["orders:publishers"], Is.EqualTo(1));
        Assert.That(health.Data["orders:subscribers"], Is.EqualTo(1));
        Assert.That(health.Data["orders:lag"], Is.EqualTo(32L));
        Assert.That(health.Data["orders:published"], Is.EqualTo(32L));
        await host.StopAsync();
    }

    [Test]
    public async Task A_host_that_does_not_run_is_degraded()
    {
        using Bus bus = Bus.InProcess();
        using IHost host = TestHost.Build(
            builder => builder.UseInProcess(bus).AddPublisher("orders", MessageSerializer.Utf8).AddSubscriber("orders", MessageSerializer.Utf8), static builder => builder.Services.AddHealthChecks().AddShmBus());
        await Expect(host, HealthStatus.Degraded, "The host has not started yet");
        await host.StartAsync();
        await Expect(host, HealthStatus.Healthy, "All is well");
        await host.StopAsync();
        await Expect(host, HealthStatus.Degraded, "The host has left 'orders', since it stops");
    }

    [Test]
    public async Task The_name_the_tags_and_the_status_of_failure_are_those_that_were_asked_for()
    {
        using TestDirectory directory = new();
        File.WriteAllText(directory.File("bus"), "not a directory");
        using IHost host = TestHost.Build(
            builder => builder.Configure(options => options.Directory = directory.File("bus")).AddPublisher("orders", MessageSerializer.Utf8),
            static builder => builder.Services.AddHealthChecks().AddShmBus("bus", HealthStatus.Degraded, ["ready"]));
        await host.StartAsync();
        HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Tags.Contains("ready"));
        Assert.That(report.Entries["bus"].Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(report.Entries["bus"].Description, Does.Contain("cannot connect to 'orders'"));
        await host.StopAsync();
    }

    [Test]
    public async Task A_bus_that_cannot_be_reached_is_unhealthy_until_it_can()
    {
        using TestDirectory directory = new();
        string path = directory.File("bus");
        File.WriteAllText(path, "not a directory");
        using IHost host = TestHost.Build(
            builder => builder.Configure(options => options.Directory = path).AddPublisher("orders", MessageSerializer.Utf8).AddSubscriber("orders", MessageSerializer.Utf8),
            static builder => builder.Services.AddHealthChecks().AddShmBus());
        await host.StartAsync();
        HealthReportEntry health = await Expect(host, HealthStatus.Unhealthy, "cannot connect to 'orders', and goes on trying: ");
        Assert.That(health.Exception, Is.Not.Null);
        Assert.That(health.Description, Does.Contain(health.Exception!.Message));
        File.Delete(path);
        await ExpectAtLast(host, HealthStatus.Healthy, "All is well");
        await host.StopAsync();
    }

    [Test]
    public async Task A_topic_that_was_made_otherwise_is_unhealthy()
    {
        using Bus bus = Bus.InProcess();
        using Topic other = bus.OpenOrCreateTopic("orders", new TopicOptions { Capacity = 2 * Capacity });
        using IHost host = await StartAsync(bus, static builder => builder.ConfigureTopic("orders", static topic => topic.Capacity = Capacity).AddPublisher("orders", MessageSerializer.Utf8));
        HealthReportEntry health = await Expect(host, HealthStatus.Unhealthy, "Capacity");
        Assert.That(health.Exception, Is.TypeOf<TopicMismatchException>());
        await host.StopAsync();
    }

    [Test]
    public async Task Who_waits_for_a_slot_is_degraded_until_it_is_free()
    {
        using Bus bus = Bus.InProcess();
        using IHost first = await StartAsync(bus, static builder => builder.AddSubscriber("orders", MessageSerializer.Utf8).AddPublisher("orders", MessageSerializer.Utf8));
        using IHost second = await StartAsync(bus, static builder => builder.ConfigureTopic("orders", static topic => topic.ExpectsPeers = false).AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default));
        await Expect(second, HealthStatus.Degraded, "orders: waits for its turn on 'orders'");
        await first.StopAsync();
        await ExpectAtLast(second, HealthStatus.Healthy, "All is well: 1 endpoint is connected.");
        await second.StopAsync();
    }

    [Test]
    public async Task Missing_peers_are_degraded_where_they_are_expected([Values] bool areExpected)
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await StartAsync(bus, builder => builder
            .ConfigureTopic("orders", topic => topic.ExpectsPeers = areExpected).AddPublisher("orders", MessageSerializer.Utf8)
            .ConfigureTopic("bills", topic => topic.ExpectsPeers = areExpected).AddSubscriber("bills", MessageSerializer.Utf8));
        HealthReportEntry health = await CheckAsync(host);
        Assert.That(health.Status, Is.EqualTo(areExpected ? HealthStatus.Degraded : HealthStatus.Healthy));
        Assert.That(health.Description!.Contains("Nobody subscribes to 'orders'", StringComparison.Ordinal), Is.EqualTo(areExpected));
        Assert.That(health.Description.Contains("Nobody publishes to 'bills'", StringComparison.Ordinal), Is.EqualTo(areExpected));
        await host.StopAsync();
    }

    [Test]
    public async Task A_lag_over_its_bound_is_degraded([Values] bool isBoundGiven)
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await StartAsync(bus, builder => builder
            .ConfigureTopic("orders", topic => (topic.Capacity, topic.MaxLag) = (Capacity, isBoundGiven ? 100 : null))
            .AddPublisher("orders", MessageSerializer.Utf8).AddSubscriber("orders", MessageSerializer.Utf8));
        long bound = isBoundGiven ? 100 : Capacity / 4 * 3;
        long lag;
        do
        {
            await Publish(host, "orders", "an order");
            HealthReportEntry health = await CheckAsync(host);
            lag = (long)health.Data["orders:lag"];
            Assert.That(health.Status, Is.EqualTo(lag > bound ? HealthStatus.Degraded : HealthStatus.Healthy), health.Description);
        }
        while (lag <= bound);
        await Expect(host, HealthStatus.Degraded, $"'orders' lags {lag} bytes, more than {bound}");
        await host.StopAsync();
    }

    [Test]
    public async Task The_bound_of_a_topic_of_lanes_is_that_of_all_its_lanes()
    {
        using TestDirectory directory = new();
        using IHost host = await StartAsync(directory, static builder => builder
            .ConfigureTopic("orders", static topic => (topic.Capacity, topic.Publishers, topic.Lanes) = (Capacity, 2, true))
            .AddPublisher("orders", MessageSerializer.Utf8).AddSubscriber("orders", MessageSerializer.Utf8));
        using IHost other = await StartAsync(directory, static builder => builder
            .ConfigureTopic("orders", static topic => (topic.Capacity, topic.Publishers, topic.Lanes) = (Capacity, 2, true))
            .AddPublisher("orders", MessageSerializer.Utf8));
        while (host.Publisher<string>().TryPublish("an order"))
        {
        }
        HealthReportEntry health = await CheckAsync(host);
        Assert.That((long)health.Data["orders:lag"], Is.GreaterThan(Capacity / 4 * 3));
        Assert.That(health.Status, Is.EqualTo(HealthStatus.Healthy), health.Description);
        while (other.Publisher<string>().TryPublish("an order"))
        {
        }
        await Expect(host, HealthStatus.Degraded, $"more than {Capacity / 4 * 3 * 2}");
        await other.StopAsync();
        await host.StopAsync();
    }

    [Test]
    public async Task A_publisher_that_waits_for_room_is_degraded()
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await StartAsync(bus, static builder => builder
            .ConfigureTopic("orders", static topic => (topic.Capacity, topic.MaxLag) = (Capacity, Capacity))
            .AddPublisher("orders", MessageSerializer.Utf8).AddSubscriber("orders", MessageSerializer.Utf8));
        ValueTask publishing;
        int messages = 0;
        do
        {
            publishing = Publish(host, "orders", "an order");
            messages++;
        }
        while (publishing.IsCompletedSuccessfully);
        await ExpectAtLast(host, HealthStatus.Degraded, "'orders' is full, and its publisher waits since");
        await foreach (string message in host.Services.GetRequiredService<IMessageSubscriber<string>>().ReadAllAsync())
        {
            if (--messages == 0)
            {
                break;
            }
        }
        await publishing;
        await Expect(host, HealthStatus.Healthy, "All is well");
        await host.StopAsync();
    }

    [Test]
    public async Task A_handler_that_stops_the_host_is_unhealthy()
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await StartAsync(bus, static builder => builder.AddPublisher("orders", MessageSerializer.Utf8).AddHandler(
            "orders", MessageSerializer.Utf8, static (_, _, _, _) => throw new InvalidOperationException("No stock."), static settings => settings.Retries = 0, "ship"));
        try
        {
            await Publish(host, "orders", "an order");
            await ExpectAtLast(host, HealthStatus.Unhealthy, "The handler 'ship' stops the host over the message at ");
            await Expect(host, HealthStatus.Unhealthy, "of 'orders': No stock. Mend the handler");
            await host.StopAsync();
        }
        finally
        {
            Environment.ExitCode = 0;
        }
    }

    [Test]
    public async Task A_corrupt_topic_is_unhealthy()
    {
        using TestDirectory directory = new();
        DamagedTopic.Create(directory.Path, DamagedTopic.Length);
        using IHost publisher = await StartAsync(directory, static builder => builder.AddPublisher("orders", MessageSerializer.Utf8));
        using IHost handler = await StartAsync(directory, static builder => builder.AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default));
        await ExpectAtLast(handler, HealthStatus.Unhealthy, "orders: cannot connect to 'orders', and goes on trying: ");
        Assert.That((await CheckAsync(handler)).Exception, Is.TypeOf<RingCorruptException>());
        // What another process found.
        await ExpectAtLast(publisher, HealthStatus.Unhealthy, "'orders' is corrupt at ");
        await handler.StopAsync();
        await publisher.StopAsync();
    }

    [Test]
    public async Task A_topic_whose_file_was_deleted_is_unhealthy_until_its_last_publisher_has_left()
    {
        using TestDirectory directory = new();
        using Bus bus = Bus.Open(directory.Path);
        using IHost host = await StartAsync(
            directory, static builder => builder.ConfigureTopic("orders", static topic => topic.ExpectsPeers = false).AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default));
        using Topic topic = bus.OpenTopic("orders");
        using (Publisher publisher = topic.CreatePublisher())
        {
            File.Delete(topic.Path!);
            await ExpectAtLast(host, HealthStatus.Unhealthy, "orders: has to leave 'orders'");
        }
        await ExpectAtLast(host, HealthStatus.Healthy, "All is well");
        await host.StopAsync();
    }

    private static Task<IHost> StartAsync(Bus bus, Action<ShmBusBuilder> configure) => TestHost.StartAsync(bus, configure, static builder => builder.Services.AddHealthChecks().AddShmBus());

    private static Task<IHost> StartAsync(TestDirectory directory, Action<ShmBusBuilder> configure) =>
        TestHost.StartAsync(directory.Path, configure, static builder => builder.Services.AddHealthChecks().AddShmBus());

    private static ValueTask Publish(IHost host, string topic, string message) => host.Services.GetRequiredKeyedService<IMessagePublisher<string>>(topic).PublishAsync(message);

    private static async Task<HealthReportEntry> CheckAsync(IHost host) => (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["shmbus"];

    private static async Task<HealthReportEntry> Expect(IHost host, HealthStatus status, string description)
    {
        HealthReportEntry health = await CheckAsync(host);
        Assert.That(health.Status, Is.EqualTo(status), health.Description);
        Assert.That(health.Description, Does.Contain(description));
        return health;
    }

    private static async Task ExpectAtLast(IHost host, HealthStatus status, string description)
    {
        while (await CheckAsync(host) is var health && (health.Status != status || !health.Description!.Contains(description, StringComparison.Ordinal)))
        {
            await Task.Delay(1);
        }
    }
}
