using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Handling;

/// <summary>Messages of a publisher reach the handler, whatever the concurrency.</summary>
[TestFixture(1)]
[TestFixture(4)]
internal sealed class HandlerTests(int concurrency)
{
    private const int Messages = 10_000;

    [Test]
    public async Task Every_message_is_handled_once()
    {
        using Bus bus = Bus.InProcess();
        ConcurrentQueue<string> handled = [];
        using IHost handler = await TestHost.StartAsync(bus, builder => builder.AddHandler(
            "orders", MessageSerializer.Utf8, (_, message, _, _) => Handle(message), settings => settings.Concurrency = concurrency));
        using IHost publisher = await TestHost.StartAsync(bus, builder => builder.AddPublisher("orders", MessageSerializer.Utf8));
        IMessagePublisher<string> orders = publisher.Services.GetRequiredService<IMessagePublisher<string>>();
        for (int i = 0; i < Messages; i++)
        {
            await orders.PublishAsync($"order {i}");
        }
        Until.True(() => handled.Count == Messages);
        await handler.StopAsync();
        await publisher.StopAsync();
        Assert.That(handled, Is.EquivalentTo(Enumerable.Range(0, Messages).Select(static i => $"order {i}")));
        if (concurrency == 1)
        {
            Assert.That(handled, Is.EqualTo(Enumerable.Range(0, Messages).Select(static i => $"order {i}")));
        }

        async ValueTask Handle(string message)
        {
            if (message.GetHashCode(StringComparison.Ordinal) % 7 == 0)
            {
                await Task.Yield();
            }
            handled.Enqueue(message);
        }
    }

    [Test]
    public async Task What_is_finished_after_the_stop_began_is_delivered()
    {
        using Bus bus = Bus.InProcess();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await TestHost.StartAsync(bus, builder => builder.AddPublisher("orders", MessageSerializer.Utf8).AddHandler(
            "orders", MessageSerializer.Utf8,
            async (_, _, _, _) =>
            {
                begun.SetResult();
                await end.Task;
            },
            settings => settings.Concurrency = concurrency));
        await host.Publisher<string>().PublishAsync("order");
        await begun.Task;
        Task stop = host.StopAsync();
        end.SetResult();
        await stop;
        Assert.That(bus.InspectTopic("orders").PendingBytes, Is.Zero);
    }

    [Test]
    public async Task What_was_not_handled_when_the_host_stops_is_for_the_next_one()
    {
        using Bus bus = Bus.InProcess();
        ConcurrentQueue<string> handled = [];
        using IHost publisher = await TestHost.StartAsync(bus, builder => builder.AddPublisher("orders", MessageSerializer.Utf8));
        IMessagePublisher<string> orders = publisher.Services.GetRequiredService<IMessagePublisher<string>>();
        for (int i = 0; i < 1000; i++)
        {
            await orders.PublishAsync($"order {i}");
        }
        int starts = 0;
        while (handled.Count < 1000)
        {
            starts++;
            int before = handled.Count;
            using IHost handler = await TestHost.StartAsync(bus, builder => builder.AddHandler(
                "orders", MessageSerializer.Utf8,
                async (_, message, _, _) =>
                {
                    await Task.Yield();
                    handled.Enqueue(message);
                },
                settings => settings.Concurrency = concurrency));
            Until.True(() => handled.Count > before);
            await handler.StopAsync();
        }
        Assert.That(handled, Is.EquivalentTo(Enumerable.Range(0, 1000).Select(static i => $"order {i}")));
        Assert.That(starts, Is.GreaterThan(0));
    }
}
