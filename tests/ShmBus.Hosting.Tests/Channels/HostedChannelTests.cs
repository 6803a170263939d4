using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Channels;

/// <summary>A channel whose ends are in two hosts.</summary>
internal sealed class HostedChannelTests
{
    private static readonly int Capacity = Environment.SystemPageSize;

    [TestCase(0, 0)]
    [TestCase(10, 0)]
    [TestCase(0, 10)]
    public async Task All_that_was_written_is_read_and_then_the_channel_is_complete(int ahead, int behind)
    {
        using Bus bus = Bus.InProcess();
        using IHost writing = await WriterAsync(bus, ahead);
        using IHost reading = await ReaderAsync(bus, behind);
        ChannelWriter<string> writer = writing.Services.GetRequiredService<ChannelWriter<string>>();
        ChannelReader<string> reader = reading.Services.GetRequiredService<ChannelReader<string>>();
        Task<List<string>> all = ReadAllAsync(reader);
        string[] messages = Messages(1000);
        foreach (string message in messages)
        {
            await writer.WriteAsync(message);
        }
        Assert.That(writer.TryComplete());
        Assert.That(writer.TryComplete(), Is.False);
        Assert.That(await all, Is.EqualTo(messages));
        await reader.Completion;
        Assert.That(await writer.WaitToWriteAsync(), Is.False);
        await writing.StopAsync();
        await reading.StopAsync();
    }

    [Test]
    public async Task What_stands_in_the_local_channel_of_a_topic_that_was_deleted_is_read_before_what_follows_it()
    {
        using TestDirectory directory = new();
        using IHost writing = await TestHost.StartAsync(directory.Path, static builder => builder.AddPublisher("lines", MessageSerializer.Utf8));
        using IHost reading = await TestHost.StartAsync(
            directory.Path, static builder => builder.AddChannelReader("lines", MessageSerializer.Utf8, new TopicChannelOptions { LocalCapacity = 10 }));
        using Bus bus = Bus.Open(new BusOptions { Directory = directory.Path });
        for (int i = 0; i < 3; i++)
        {
            await writing.Publisher<string>().PublishAllAsync(2 * i, 2 * i + 2);
            Until.True(() => bus.InspectTopic("lines").PendingBytes == 0);
            if (i < 2)
            {
                File.Delete(directory.File("lines"));
                Until.True(() => File.Exists(directory.File("lines")) && bus.InspectTopic("lines").Endpoints.Count == 2);
            }
        }
        ChannelReader<string> reader = reading.Services.GetRequiredService<ChannelReader<string>>();
        for (int i = 0; i < 6; i++)
        {
            Assert.That(await reader.ReadAsync(), Is.EqualTo($"{i}"));
        }
        await reading.StopAsync();
        await writing.StopAsync();
    }

    [Test]
    public async Task A_full_ring_is_a_full_channel()
    {
        using Bus bus = Bus.InProcess();
        using IHost writing = await WriterAsync(bus);
        ChannelWriter<string> writer = writing.Services.GetRequiredService<ChannelWriter<string>>();
        int written = Fill(writer);
        Task<bool> room = writer.WaitToWriteAsync().AsTask();
        Assert.That(room.IsCompleted, Is.False);
        using IHost reading = await ReaderAsync(bus);
        ChannelReader<string> reader = reading.Services.GetRequiredService<ChannelReader<string>>();
        for (int i = 0; i < written; i++)
        {
            Assert.That(await reader.ReadAsync(), Is.EqualTo(Text(i)));
        }
        ValueTask<string> next = reader.ReadAsync();
        Assert.That(await room);
        Assert.That(writer.TryWrite("more"));
        Assert.That(await next, Is.EqualTo("more"));
    }

    [TestCase(0)]
    [TestCase(10)]
    public async Task An_error_of_the_writer_is_the_readers(int local)
    {
        using Bus bus = Bus.InProcess();
        using IHost writing = await WriterAsync(bus, local);
        using IHost reading = await ReaderAsync(bus, local);
        ChannelWriter<string> writer = writing.Services.GetRequiredService<ChannelWriter<string>>();
        ChannelReader<string> reader = reading.Services.GetRequiredService<ChannelReader<string>>();
        await writer.WriteAsync("last");
        writer.Complete(new InvalidOperationException("no more"));
        Assert.That(await reader.ReadAsync(), Is.EqualTo("last"));
        RemoteWriterException error = Assert.ThrowsAsync<RemoteWriterException>(() => ReadAllAsync(reader))!;
        Assert.That(error.Message, Does.Contain("no more"));
        Assert.ThrowsAsync<RemoteWriterException>(() => reader.Completion);
        Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WaitToWriteAsync());
    }

    [Test]
    public async Task What_stands_in_the_local_channel_is_in_the_ring_when_the_host_has_stopped()
    {
        using Bus bus = Bus.InProcess();
        using IHost writing = await WriterAsync(bus, 500);
        ChannelWriter<string> writer = writing.Services.GetRequiredService<ChannelWriter<string>>();
        string[] messages = Messages(400);
        foreach (string message in messages)
        {
            Assert.That(writer.TryWrite(message));
        }
        Task stop = writing.StopAsync();
        Assert.That(stop.IsCompleted, Is.False, "the ring takes only a part of it");
        using IHost reading = await ReaderAsync(bus);
        ChannelReader<string> reader = reading.Services.GetRequiredService<ChannelReader<string>>();
        foreach (string message in messages)
        {
            Assert.That(await reader.ReadAsync(), Is.EqualTo(message));
        }
        _ = reader.TryRead(out _);
        await stop;
        Assert.That(reader.Completion.IsCompleted, Is.False, "the next writer goes on");
    }

    [TestCase(500, 20, TestName = "What_stands_in_the_local_channel_when_the_time_is_over_is_told")]
    [TestCase(0, 21, TestName = "An_end_that_found_no_room_is_told")]
    public async Task What_is_lost_is_told(int local, int expected)
    {
        using Bus bus = Bus.InProcess();
        using LogEvents log = new();
        using IHost writing = await TestHost.StartAsync(
            bus,
            builder => builder.ConfigureTopic("numbers", static topic => topic.Capacity = Capacity)
                .AddChannelWriter("numbers", MessageSerializer.Utf8, new TopicChannelOptions { LocalCapacity = local }),
            builder => builder.Logging.AddProvider(log));
        ChannelWriter<string> writer = writing.Services.GetRequiredService<ChannelWriter<string>>();
        _ = Fill(writer);
        writer.Complete();
        Assert.That(log.Events, Has.No.Member(expected));
        await writing.StopAsync(new CancellationToken(canceled: true));
        Assert.That(log.Events, Has.Member(expected));
    }

    [Test]
    public async Task When_the_host_stops_reading_ends_and_what_was_read_does_not_come_again()
    {
        using Bus bus = Bus.InProcess();
        using IHost writing = await WriterAsync(bus);
        ChannelWriter<string> writer = writing.Services.GetRequiredService<ChannelWriter<string>>();
        await writer.WriteAsync("first");
        await writer.WriteAsync("second");
        using (IHost reading = await ReaderAsync(bus))
        {
            Assert.That(await reading.Services.GetRequiredService<ChannelReader<string>>().ReadAsync(), Is.EqualTo("first"));
            await reading.StopAsync();
        }
        using IHost next = await ReaderAsync(bus);
        ChannelReader<string> reader = next.Services.GetRequiredService<ChannelReader<string>>();
        Assert.That(await reader.ReadAsync(), Is.EqualTo("second"));
        Task<bool> waiting = reader.WaitToReadAsync().AsTask();
        await next.StopAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(reader.Completion.IsCanceled);
    }

    [Test]
    public async Task While_the_topic_cannot_be_reached_the_channel_is_as_a_full_one()
    {
        using Bus bus = Bus.InProcess();
        using Topic topic = bus.OpenOrCreateTopic("numbers", new TopicOptions { Capacity = Capacity });
        Publisher predecessor = topic.CreatePublisher();
        using IHost writing = await WriterAsync(bus);
        ChannelWriter<string> writer = writing.Services.GetRequiredService<ChannelWriter<string>>();
        Assert.That(writer.TryWrite("early"), Is.False);
        Task write = writer.WriteAsync("late").AsTask();
        Assert.That(write.IsCompleted, Is.False);
        predecessor.Dispose();
        await write;
    }

    [Test]
    public async Task A_channel_leads_from_one_process_to_another()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("channel-write", directory.Path, "numbers", 10_000);
        using IHost reading = await TestHost.StartAsync(directory.Path, static bus => bus.AddChannelReader("numbers", MessageSerializer.Utf8));
        Assert.That(await ReadAllAsync(reading.Services.GetRequiredService<ChannelReader<string>>()), Is.EqualTo(Messages(10_000)));
        peer.Expect("written");
        Assert.That(peer.ExitCode(), Is.Zero);
        await reading.StopAsync();
    }

    private static Task<IHost> WriterAsync(Bus bus, int local = 0) => TestHost.StartAsync(bus, builder => builder
        .ConfigureTopic("numbers", static topic => topic.Capacity = Capacity)
        .AddChannelWriter("numbers", MessageSerializer.Utf8, new TopicChannelOptions { LocalCapacity = local }));

    private static Task<IHost> ReaderAsync(Bus bus, int local = 0) => TestHost.StartAsync(bus, builder => builder
        .ConfigureTopic("numbers", static topic => topic.Capacity = Capacity)
        .AddChannelReader("numbers", MessageSerializer.Utf8, new TopicChannelOptions { LocalCapacity = local }));

    private static int Fill(ChannelWriter<string> writer)
    {
        int written = 0;
        while (writer.TryWrite(Text(written)))
        {
            written++;
        }
        return written;
    }

    private static async Task<List<string>> ReadAllAsync(ChannelReader<string> reader)
    {
        List<string> all = [];
        await foreach (string message in reader.ReadAllAsync())
        {
            all.Add(message);
        }
        return all;
    }

    private static string[] Messages(int count) => [.. Enumerable.Range(0, count).Select(Text)];

    private static string Text(int i) => i.ToString(CultureInfo.InvariantCulture);

    /// <summary>The numbers of what was logged.</summary>
    private sealed class LogEvents : ILoggerProvider, ILogger
    {
        internal ConcurrentQueue<int> Events { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Events.Enqueue(eventId.Id);

        public void Dispose()
        {
        }
    }
}
