using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Diagnostics;

internal sealed class TracingTests
{
    private const string UsersSource = "The user's own";

    private static readonly ActivitySource Users = new(UsersSource);

    [Test]
    public async Task A_trace_goes_on_in_another_process()
    {
        using TestDirectory directory = new();
        using ExportedSpans exported = new();
        using PeerProcess peer = PeerProcess.Start("publish-traced", directory.Path, "orders", "vendor=1");
        using IHost host = await TestHost.StartAsync(directory.Path, builder => builder.AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default));
        ActivityContext root = ActivityContext.Parse(peer.ReadLine(), null);
        string[] sent = peer.ReadLine().Split(' ');
        Until.True(() => exported.All.Length == 1);
        Activity process = exported.All[0];
        Assert.That((sent[0], sent[1], sent[2], sent[4]), Is.EqualTo(("Producer", root.TraceId.ToHexString(), root.SpanId.ToHexString(), "vendor=1")));
        Assert.That(process.DisplayName, Is.EqualTo("process orders"));
        Assert.That(process.Kind, Is.EqualTo(ActivityKind.Consumer));
        Assert.That(process.TraceId, Is.EqualTo(root.TraceId));
        Assert.That(process.ParentSpanId.ToHexString(), Is.EqualTo(sent[3]));
        Assert.That(process.HasRemoteParent, Is.True);
        Assert.That(process.TraceStateString, Is.EqualTo("vendor=1"));
        peer.CloseInput();
        Assert.That(peer.ExitCode(), Is.Zero);
        await host.StopAsync();
    }

    [Test]
    public async Task What_goes_through_a_local_channel_is_not_part_of_what_made_the_channel()
    {
        using Bus bus = Bus.InProcess();
        using Topic topic = bus.OpenOrCreateTopic("orders");
        using Subscriber subscriber = topic.CreateSubscriber();
        using Activity starting = new Activity("start").Start();
        using IHost host = await TestHost.StartAsync(bus, static builder => builder.AddChannelWriter("orders", MessageSerializer.Utf8, new TopicChannelOptions { LocalCapacity = 10 }));
        starting.Stop();
        Assert.That(host.Services.GetRequiredService<System.Threading.Channels.ChannelWriter<string>>().TryWrite("order"));
        Assert.That(subscriber.Read().TraceContext, Is.Null);
        await host.StopAsync();
    }

    [Test]
    public async Task Spans_have_the_names_kinds_and_attributes_of_the_conventions()
    {
        using ExportedSpans exported = new();
        Guid correlation = Guid.NewGuid();
        await Exchange(exported, new MessageExtras { CorrelationId = correlation }, spans: 2);
        Activity send = exported.All.Single(static span => span.Kind == ActivityKind.Producer);
        Activity process = exported.All.Single(static span => span.Kind == ActivityKind.Consumer);
        Assert.That(send.DisplayName, Is.EqualTo("send orders"));
        Assert.That(Tags(send), Is.EquivalentTo((string[])
        [
            "messaging.system=shmbus", "messaging.operation.name=send", "messaging.operation.type=send", "messaging.destination.name=orders", $"messaging.message.conversation_id={correlation}",
        ]));
        Assert.That(Tags(process), Is.EquivalentTo((string[])
        [
            "messaging.system=shmbus", "messaging.operation.name=process", "messaging.operation.type=process", "messaging.destination.name=orders", $"messaging.message.conversation_id={correlation}",
            "shmbus.endpoint.name=ship", $"shmbus.message.position={process.GetTagItem("shmbus.message.position")}", "shmbus.message.attempt=1",
        ]));
        Assert.That(process.ParentSpanId, Is.EqualTo(send.SpanId));
        Assert.That(process.Links.Single().Context.SpanId, Is.EqualTo(send.SpanId));
        Assert.That(send.Source.Version, Is.Not.Null);
    }

    [Test]
    public async Task A_failure_is_the_span_s_own_and_each_try_has_one()
    {
        using ExportedSpans exported = new();
        await Exchange(exported, default, spans: 3, static context => context.Attempt == 1 ? throw new InvalidOperationException("No stock.") : default);
        Activity[] tries = [.. exported.All.Where(static span => span.Kind == ActivityKind.Consumer).OrderBy(static span => (int)span.GetTagItem("shmbus.message.attempt")!)];
        Assert.That(tries.Select(static span => span.Status), Is.EqualTo((ActivityStatusCode[])[ActivityStatusCode.Error, ActivityStatusCode.Unset]));
        Assert.That(tries[0].StatusDescription, Is.EqualTo("No stock."));
        Assert.That(tries[0].GetTagItem("error.type"), Is.EqualTo("System.InvalidOperationException"));
        Assert.That(tries[0].Events.Single().Name, Is.EqualTo("exception"));
        Assert.That(tries[0].ParentSpanId, Is.EqualTo(tries[1].ParentSpanId));
    }

    [Test]
    public async Task A_trace_context_that_the_caller_gave_is_kept_and_linked_to()
    {
        using ExportedSpans exported = new();
        ActivityContext given = new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        await Exchange(exported, new MessageExtras { TraceContext = TraceContext.From(given) }, spans: 2);
        Activity send = exported.All.Single(static span => span.Kind == ActivityKind.Client);
        Activity process = exported.All.Single(static span => span.Kind == ActivityKind.Consumer);
        Assert.That(send.Links.Single().Context.SpanId, Is.EqualTo(given.SpanId));
        Assert.That((process.TraceId, process.ParentSpanId), Is.EqualTo((given.TraceId, given.SpanId)));
    }

    [Test]
    public async Task A_poison_message_is_a_span_that_failed_and_its_dead_letter_belongs_to_its_trace()
    {
        using ExportedSpans exported = new();
        using Bus bus = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(bus, static builder => builder
            .AddPublisher("orders", MessageSerializer.Utf8)
            .AddHandler("orders", MessageSerializer.Create<string>(MessageSerializer.Utf8.Contract, static (_, _) => { }, static _ => throw new FormatException("Poison.")), static (_, _, _, _) => default, static settings => settings.OnError = ErrorAction.DeadLetter)
            .AddHandler("orders.dead", DeadLetter.Serializer, static (_, _, _, _) => default));
        await host.Services.GetRequiredService<IMessagePublisher<string>>().PublishAsync("an order");
        Until.True(() => exported.All.Length == 4);
        await host.StopAsync();
        Activity[] spans = exported.All;
        Activity send = spans.Single(static span => span.DisplayName == "send orders");
        Activity process = spans.Single(static span => span.DisplayName == "process orders");
        Activity dead = spans.Single(static span => span.DisplayName == "send orders.dead");
        Activity buried = spans.Single(static span => span.DisplayName == "process orders.dead");
        Assert.That((process.Status, process.StatusDescription, process.ParentSpanId), Is.EqualTo((ActivityStatusCode.Error, "Poison.", send.SpanId)));
        Assert.That(process.GetTagItem("shmbus.message.attempt"), Is.Zero);
        Assert.That(dead.Links.Single().Context.SpanId, Is.EqualTo(send.SpanId));
        Assert.That((buried.TraceId, buried.ParentSpanId), Is.EqualTo((send.TraceId, send.SpanId)));
    }

    [Test]
    public async Task The_activity_in_which_a_host_was_started_is_not_that_of_its_messages([Values(1, 4)] int concurrency)
    {
        using ExportedSpans exported = new(UsersSource);
        using Bus bus = Bus.InProcess();
        Activity? started = Users.StartActivity("start");
        Assert.That(started, Is.Not.Null);
        using IHost host = await TestHost.StartAsync(
            bus, builder => builder.AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default, settings => settings.Concurrency = concurrency));
        using Topic topic = bus.OpenTopic("orders");
        using Publisher publisher = topic.CreatePublisher();
        Assert.That(publisher.TryPublish("no trace"u8));
        Until.True(() => exported.All.Length == 1);
        started!.Dispose();
        Assert.That(exported.All[0].DisplayName, Is.EqualTo("process orders"));
        Assert.That(exported.All[0].ParentSpanId, Is.EqualTo(default(ActivitySpanId)));
        Assert.That(exported.All[0].TraceId, Is.Not.EqualTo(started.TraceId));
        await host.StopAsync();
    }

    [Test]
    public async Task What_is_not_published_since_there_is_no_room_has_no_span()
    {
        using ExportedSpans exported = new();
        using Bus bus = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(bus, builder => builder.ConfigureTopic("orders", static topic => topic.Capacity = 4096).AddPublisher("orders", MessageSerializer.Utf8));
        IMessagePublisher<string> publisher = host.Services.GetRequiredService<IMessagePublisher<string>>();
        int published = 0;
        while (publisher.TryPublish("an order"))
        {
            published++;
        }
        Assert.That(published, Is.GreaterThan(0));
        Assert.That(exported.All, Has.Length.EqualTo(published));
        await host.StopAsync();
    }

    [Test]
    public async Task Where_nobody_listens_a_message_carries_the_user_s_activity_and_nothing_is_allocated()
    {
        const int Messages = 1000;
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == UsersSource,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using Bus bus = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(bus, builder => builder.AddPublisher("numbers", MessageSerializer.Unmanaged<long>()));
        IMessagePublisher<long> publisher = host.Services.GetRequiredService<IMessagePublisher<long>>();
        using Topic topic = bus.OpenTopic("numbers");
        using Subscriber subscriber = topic.CreateSubscriber();
        using Activity activity = Users.StartActivity("work")!;
        activity.TraceStateString = "vendor=2";
        TraceContext expected = TraceContext.From(activity.Context);
        long allocated = long.MaxValue;
        for (int round = 0; round < 50 && allocated > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Messages; i++)
            {
                ValueTask publishing = publisher.PublishAsync(i);
                bool isThere = publishing.IsCompletedSuccessfully & subscriber.TryRead(out Message message);
                if (!isThere || message.TraceContext != expected || !message.TraceState.SequenceEqual("vendor=2"u8))
                {
                    throw new InvalidOperationException("Expected the activity.");
                }
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.That(allocated, Is.Zero);
        await host.StopAsync();
    }

    /// <summary>Publishes one message to a handler on a bus of this process.</summary>
    private static async Task Exchange(ExportedSpans exported, MessageExtras extras, int spans, Func<MessageContext, ValueTask>? handle = null)
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(bus, builder => builder.AddPublisher("orders", MessageSerializer.Utf8).AddHandler(
            "orders", MessageSerializer.Utf8, (_, _, context, _) => handle?.Invoke(context) ?? default, static settings => settings.RetryDelay = TimeSpan.Zero, "ship"));
        await host.Services.GetRequiredService<IMessagePublisher<string>>().PublishAsync("an order", extras);
        Until.True(() => exported.All.Length == spans);
        await host.StopAsync();
        Assert.That(exported.All, Has.Length.EqualTo(spans));
    }

    private static IEnumerable<string> Tags(Activity span) => span.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}");
}
