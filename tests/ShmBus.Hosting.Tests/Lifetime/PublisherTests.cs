using System.Buffers;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Lifetime;

/// <summary>A publisher that threads share.</summary>
internal sealed class PublisherTests
{
    private Bus _bus = null!;
    private Topic _topic = null!;
    private Subscriber<string> _reader = null!;
    private IHost _host = null!;
    private IMessagePublisher<string> _publisher = null!;

    [SetUp]
    public async Task Open()
    {
        _bus = Bus.InProcess();
        _topic = _bus.OpenOrCreateTopic("numbers", new TopicOptions { Capacity = 4096 });
        _reader = _topic.CreateSubscriber(MessageSerializer.Utf8);
        _host = await TestHost.StartAsync(
            _bus, builder => builder.ConfigureTopic("numbers", static settings => settings.Capacity = 4096).AddPublisher("numbers", new Throwing()));
        _publisher = _host.Publisher<string>();
    }

    [TearDown]
    public void Close()
    {
        _host.Dispose();
        _reader.Dispose();
        _topic.Dispose();
        _bus.Dispose();
    }

    [Test]
    public async Task Each_thread_keeps_its_order_also_where_it_does_not_wait()
    {
        const int Threads = 4;
        const int Messages = 5000;
        Task[] threads = [.. Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            Queue<Task> pending = [];
            for (int i = 0; i < Messages; i++)
            {
                // Every other thread lets some wait and publishes on.
                pending.Enqueue(_publisher.PublishAsync($"{thread} {i}").AsTask());
                while (pending.Count > (thread % 2) * 10)
                {
                    await pending.Dequeue();
                }
            }
            await Task.WhenAll(pending);
        }))];
        int[] next = new int[Threads];
        for (int i = 0; i < Threads * Messages; i++)
        {
            string[] words = (await _reader.ReadAsync()).Split(' ');
            int thread = int.Parse(words[0], null);
            Assert.That(words[1], Is.EqualTo($"{next[thread]++}"));
        }
        await Task.WhenAll(threads);
        Assert.That(_reader.TryRead(out _), Is.False);
    }

    [Test]
    public async Task A_wait_that_is_cancelled_publishes_nothing_and_those_behind_it_go_on()
    {
        int published = Fill();
        using CancellationTokenSource first = new();
        using CancellationTokenSource second = new();
        ValueTask waiting = _publisher.PublishAsync("waits", default, first.Token);
        ValueTask queued = _publisher.PublishAsync("queued", default, second.Token);
        ValueTask last = _publisher.PublishAsync("last");
        Assert.That(_publisher.TryPublish("now"), Is.False);
        await first.CancelAsync();
        await second.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await queued, Throws.InstanceOf<OperationCanceledException>());
        for (int i = 0; i < published; i++)
        {
            Assert.That(await _reader.ReadAsync(), Is.EqualTo($"{i}"));
        }
        Assert.That(await _reader.ReadAsync(), Is.EqualTo("last"));
        await last;
        Assert.That(_publisher.TryPublish("now"));
        Assert.That(await _reader.ReadAsync(), Is.EqualTo("now"));
    }

    [Test]
    public async Task Those_who_wait_are_told_when_the_host_has_stopped()
    {
        Fill();
        ValueTask waiting = _publisher.PublishAsync("waits");
        ValueTask queued = _publisher.PublishAsync("queued");
        await _host.StopAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await queued, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => _publisher.TryPublish("later"), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task What_the_serializer_throws_reaches_the_caller_and_stops_nothing()
    {
        foreach (string message in new[] { "!format", "!disposed" })
        {
            Type expected = message == "!format" ? typeof(FormatException) : typeof(ObjectDisposedException);
            Assert.That(async () => await _publisher.PublishAsync(message), Throws.TypeOf(expected));
            Assert.That(() => _publisher.TryPublish(message), Throws.TypeOf(expected));
        }
        int published = Fill();
        Assert.That(async () => await _publisher.PublishAsync("!disposed"), Throws.TypeOf<ObjectDisposedException>());
        for (int i = 0; i < published; i++)
        {
            Assert.That(await _reader.ReadAsync(), Is.EqualTo($"{i}"));
        }
        Assert.That(_reader.TryRead(out _), Is.False);
    }

    [Test]
    public void A_message_that_is_too_long_is_refused_and_stops_nothing()
    {
        Assert.That(async () => await _publisher.PublishAsync(new string('x', 2000)), Throws.TypeOf<MessageTooLongException>());
        Assert.That(_publisher.TryPublish("fits"));
    }

    private int Fill()
    {
        int published = 0;
        while (_publisher.TryPublish($"{published}"))
        {
            published++;
        }
        return published;
    }

    private sealed class Throwing : IMessageSerializer<string>
    {
        public MessageContract Contract => MessageSerializer.Utf8.Contract;

        public void Serialize(IBufferWriter<byte> output, in string message)
        {
            switch (message)
            {
                case "!format": throw new FormatException();
                case "!disposed": throw new ObjectDisposedException("a stream of its own");
                default: MessageSerializer.Utf8.Serialize(output, message); break;
            }
        }

        public void Deserialize(in MessagePayload payload, out string message) => MessageSerializer.Utf8.Deserialize(payload, out message);
    }
}
