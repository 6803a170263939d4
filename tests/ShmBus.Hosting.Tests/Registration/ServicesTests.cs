using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Tests.Registration;

/// <summary>What is registered can be injected.</summary>
internal sealed class ServicesTests
{
    [Test]
    public async Task Several_topics_of_a_type_are_told_apart_by_their_names()
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(bus, static builder => builder
            .AddPublisher("orders", MessageSerializer.Utf8).AddPublisher("bills", MessageSerializer.Utf8)
            .AddSubscriber("orders", MessageSerializer.Utf8).AddChannelReader("bills", MessageSerializer.Utf8));
        IServiceProvider services = host.Services;
        Assert.That(services.GetRequiredKeyedService<IMessagePublisher<string>>("orders").Topic, Is.EqualTo("orders"));
        Assert.That(services.GetRequiredKeyedService<IMessagePublisher<string>>("bills").Topic, Is.EqualTo("bills"));
        Assert.That(services.GetRequiredService<IMessageSubscriber<string>>(), Is.SameAs(services.GetRequiredKeyedService<IMessageSubscriber<string>>("orders")));
        Assert.That(services.GetRequiredService<ChannelReader<string>>(), Is.SameAs(services.GetRequiredKeyedService<ChannelReader<string>>("bills")));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<IMessagePublisher<string>>())!;
        Assert.That(error.Message, Is.EqualTo(
            "There are several topics of String: orders, bills. Say which one is meant: [FromKeyedServices(\"orders\")], or GetRequiredKeyedService."));
    }

    [Test]
    public async Task A_subscriber_reads_until_the_host_stops_and_nothing_that_was_asked_past_comes_again()
    {
        using Bus bus = Bus.InProcess();
        using IHost publishing = await TestHost.StartAsync(bus, static builder => builder.AddPublisher("orders", MessageSerializer.Utf8));
        IMessagePublisher<string> publisher = publishing.Services.GetRequiredService<IMessagePublisher<string>>();
        await publisher.PublishAsync("first");
        await publisher.PublishAsync("second");
        Assert.That(await ReadAsync(breaksAt: "second"), Is.EqualTo(new[] { "first", "second" }));
        Assert.That(await ReadAsync(breaksAt: null), Is.EqualTo(new[] { "second" }), "who leaves the loop did not say that it is done");
        await publisher.PublishAsync("third");
        Assert.That(await ReadAsync(breaksAt: null), Is.EqualTo(new[] { "third" }));

        async Task<List<string>> ReadAsync(string? breaksAt)
        {
            using IHost host = await TestHost.StartAsync(bus, static builder => builder.AddSubscriber("orders", MessageSerializer.Utf8));
            IMessageSubscriber<string> subscriber = host.Services.GetRequiredService<IMessageSubscriber<string>>();
            TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
            List<string> read = [];
            Task reading = Task.Run(async () =>
            {
                await foreach (string message in subscriber.ReadAllAsync())
                {
                    read.Add(message);
                    if (message == breaksAt)
                    {
                        break;
                    }
                    first.TrySetResult();
                }
            });
            await first.Task;
            if (breaksAt is not null)
            {
                await reading;
            }
            else
            {
                Assert.ThrowsAsync<InvalidOperationException>(async () => await subscriber.ReadAllAsync().GetAsyncEnumerator().MoveNextAsync());
            }
            await host.StopAsync();
            await reading;
            return read;
        }
    }

    [Test]
    public async Task Calls_add_to_one_bus_and_a_test_puts_it_into_the_process_by_a_line()
    {
        using IHost host = TestHost.Build(
            static builder => builder.Configure(static options => options.Directory = "/nowhere/at/all").AddPublisher("orders", MessageSerializer.Utf8),
            static builder => builder.Services.AddShmBus(static bus => bus.AddSubscriber("orders", MessageSerializer.Utf8)).AddShmBus(static bus => bus.UseInProcess()));
        await host.StartAsync();
        Assert.That(host.Services.GetRequiredService<IMessagePublisher<string>>().TryPublish("order"));
        IMessageSubscriber<string> subscriber = host.Services.GetRequiredService<IMessageSubscriber<string>>();
        await using IAsyncEnumerator<string> messages = subscriber.ReadAllAsync().GetAsyncEnumerator();
        Assert.That(await messages.MoveNextAsync());
        Assert.That(messages.Current, Is.EqualTo("order"));
        Assert.That(host.Services.GetRequiredService<Bus>().ListTopics().Select(static topic => topic.Name), Is.EqualTo(new[] { "orders" }));
    }

    [Test]
    public void A_bus_that_was_given_is_left_to_its_owner()
    {
        using Bus bus = Bus.InProcess();
        using (IHost host = TestHost.Build(builder => builder.UseInProcess(bus)))
        {
            Assert.That(host.Services.GetRequiredService<Bus>(), Is.SameAs(bus));
        }
        Assert.That(bus.ListTopics(), Is.Empty);
    }

    [Test]
    public async Task Without_a_host_messages_go_all_the_same()
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddShmBus(static bus => bus.UseInProcess().AddPublisher("orders", MessageSerializer.Utf8).AddChannelReader("orders", MessageSerializer.Utf8)).BuildServiceProvider();
        Assert.That(services.GetRequiredService<IMessagePublisher<string>>().TryPublish("order"));
        Assert.That(await services.GetRequiredService<ChannelReader<string>>().ReadAsync(), Is.EqualTo("order"));
    }
}
