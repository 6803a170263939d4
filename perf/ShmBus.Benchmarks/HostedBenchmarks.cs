using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting;
using ShmBus.Serialization;

namespace ShmBus.Benchmarks;

/// <summary>
/// What a host adds to the ring, by the message: publishing by an injected publisher, and handling by a handler that is made for each in a scope of its own.
/// Both are of this process; for the way between two see ShmBus.Perf.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
[HideColumns("Error", "StdDev", "Median", "RatioSD")]
public class HostedBenchmarks
{
    private const int Batch = 10_000;

    private readonly Quote _quote = new(1_234_567, 101.25, 101.5, 300, 5_000, 1_763_740_000_000_000, 101.375, 17);
    private Topic _topic = null!;
    private Publisher<Quote> _rawPublisher = null!;
    private Subscriber<Quote> _rawSubscriber = null!;
    private string _directory = null!;
    private IHost _host = null!;
    private IServiceScopeFactory _scopes = null!;
    private IMessagePublisher<Quote> _publisher = null!;
    private Subscriber<Quote> _subscriber = null!;
    private Counter _counter = null!;

    [GlobalSetup(Targets = [nameof(Raw), nameof(Publish), nameof(Scope)])]
    public void Open()
    {
        _topic = Topic.CreateAnonymous();
        _rawPublisher = _topic.CreatePublisher(MessageSerializer.Unmanaged<Quote>());
        _rawSubscriber = _topic.CreateSubscriber(MessageSerializer.Unmanaged<Quote>());
        Start(concurrency: 0);
        using Topic topic = _host.Services.GetRequiredService<Bus>().OpenTopic("quotes");
        _subscriber = topic.CreateSubscriber(MessageSerializer.Unmanaged<Quote>());
    }

    [GlobalSetup(Target = nameof(HandleInTurn))]
    public void OpenInTurn() => Start(concurrency: 1);

    [GlobalSetup(Target = nameof(HandleAtOnce))]
    public void OpenAtOnce() => Start(concurrency: 4);

    [GlobalCleanup]
    public void Close()
    {
        _rawPublisher?.Dispose();
        _rawSubscriber?.Dispose();
        _topic?.Dispose();
        _subscriber?.Dispose();
        _host.StopAsync().GetAwaiter().GetResult();
        _host.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Baseline = true, Description = "raw: TryPublish, TryRead")]
    public long Raw() => _rawPublisher.TryPublish(_quote) && _rawSubscriber.TryRead(out Quote read)
        ? read.Id
        : throw new InvalidOperationException("The message is missing.");

    [Benchmark(Description = "hosted publisher, raw: PublishAsync, TryRead")]
    public long Publish()
    {
        PublishNow();
        return _subscriber.TryRead(out Quote read) ? read.Id : throw new InvalidOperationException("The message is missing.");
    }

    [Benchmark(Description = "a scope with its handler, by itself")]
    [MayAllocate]
    public void Scope()
    {
        using AsyncServiceScope scope = _scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<QuoteHandler>().Count();
    }

    [Benchmark(Description = "hosted: PublishAsync and handle", OperationsPerInvoke = Batch)]
    [MayAllocate]
    public void HandleInTurn() => PublishAndAwait();

    [Benchmark(Description = "hosted: PublishAsync and handle, 4 at once", OperationsPerInvoke = Batch)]
    [MayAllocate]
    public void HandleAtOnce() => PublishAndAwait();

    private void PublishAndAwait()
    {
        int target = Volatile.Read(ref _counter.Handled) + Batch;
        for (int i = 0; i < Batch; i++)
        {
            PublishNow();
        }
        while (Volatile.Read(ref _counter.Handled) != target)
        {
            Thread.Yield();
        }
    }

    private void PublishNow()
    {
        ValueTask publishing = _publisher.PublishAsync(_quote);
        if (!publishing.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("There is no room.");
        }
    }

    private void Start(int concurrency)
    {
        _directory = Directory.CreateTempSubdirectory("shmbus-benchmarks-").FullName;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<Counter>();
        builder.Services.AddScoped<QuoteHandler>();
        builder.Services.AddShmBus(bus =>
        {
            bus.Configure(options => options.Directory = _directory).ConfigureTopic("quotes", topic => topic.Capacity = 1 << 20);
            bus.AddPublisher("quotes", MessageSerializer.Unmanaged<Quote>());
            if (concurrency > 0)
            {
                bus.AddHandler<Quote, QuoteHandler>("quotes", MessageSerializer.Unmanaged<Quote>(), settings => settings.Concurrency = concurrency);
            }
        });
        _host = builder.Build();
        _host.Start();
        _scopes = _host.Services.GetRequiredService<IServiceScopeFactory>();
        _publisher = _host.Services.GetRequiredService<IMessagePublisher<Quote>>();
        _counter = _host.Services.GetRequiredService<Counter>();
    }

    private sealed class Counter
    {
        internal int Handled;
    }

    private sealed class QuoteHandler(Counter counter) : ShmBus.Hosting.IMessageHandler<Quote>
    {
        public ValueTask HandleAsync(Quote message, ShmBus.Hosting.MessageContext context, CancellationToken cancellationToken)
        {
            Count();
            return default;
        }

        internal void Count() => Interlocked.Increment(ref counter.Handled);
    }
}
