using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting;
using ShmBus.Perf.Measuring;
using ShmBus.Serialization;

namespace ShmBus.Perf.Transports;

/// <summary>
/// ShmBus as a host uses it: an injected <see cref="IMessagePublisher{T}"/> in one process, and in the other a handler that is made for each message in
/// a scope of its own. The handler itself gives the message to the course, and publishes the answer, so that no thread waits for another.
/// Nobody listens to metrics and traces.
/// </summary>
internal sealed class ShmBusHostedTransport : ILatencyTransport, IStreamTransport
{
    private const string There = "there";
    private const string Back = "back";

    public string Name => "shmbus-hosted";

    public string OneProducerReason => "its topic has one publisher";

    public string WaitLabel(WaitMode asked) => "host";

    public IPinger CreatePinger(ChannelSettings settings) => new Pinger(settings);

    public IPonger OpenPonger(ChannelSettings settings) => new Ponger(settings);

    public IProducer CreateProducer(ChannelSettings settings) => new Producer(settings);

    public IConsumer OpenConsumer(ChannelSettings settings) => new Consumer(settings);

    private sealed class Pinger(ChannelSettings settings) : IPinger
    {
        private readonly CourseHost _host = new(settings, publishTo: There, handle: Back);

        public void Run(PingCourse course)
        {
            byte[] ping = new byte[course.Size];
            course.Next();
            course.Write(ping);
            _host.Publish(ping);
            _host.Handle(pong =>
            {
                course.Read(pong);
                if (!course.Next())
                    return new ValueTask<bool>(false);
                course.Write(ping);
                return _host.PublishAndGoOnAsync(ping);
            });
        }

        public void Dispose() => _host.Dispose();
    }

    private sealed class Ponger(ChannelSettings settings) : IPonger
    {
        private readonly CourseHost _host = new(settings, publishTo: Back, handle: There);

        public void Run(EchoCourse course)
        {
            byte[] pong = new byte[course.Size];
            _host.Handle(ping =>
            {
                bool more = course.Read(ping);
                course.Write(pong);
                if (more)
                    return _host.PublishAndGoOnAsync(pong);
                _host.Publish(pong);
                return new ValueTask<bool>(false);
            });
        }

        public void Dispose() => _host.Dispose();
    }

    private sealed class Producer(ChannelSettings settings) : IProducer
    {
        private readonly CourseHost _host = new(settings, publishTo: There, handle: null);

        public void Run(StreamSource source) => RunAsync(source).GetAwaiter().GetResult();

        private async Task RunAsync(StreamSource source)
        {
            byte[] message = new byte[source.Size];
            bool more;
            do
            {
                source.AwaitTurn();
                more = source.Write(message);
                await _host.PublishAsync(message).ConfigureAwait(false);
            }
            while (more);
        }

        public void Dispose() => _host.Dispose();
    }

    private sealed class Consumer(ChannelSettings settings) : IConsumer
    {
        private readonly CourseHost _host = new(settings, publishTo: null, handle: There);

        public void Run(StreamSink sink) => _host.Handle(message => new ValueTask<bool>(sink.Read(message)));

        public void Dispose() => _host.Dispose();
    }

    /// <summary>A host that is connected at once, and handles from when the course says what with.</summary>
    private sealed class CourseHost : IDisposable
    {
        private readonly IHost _host;
        private readonly Course _course = new();
        private readonly IMessagePublisher<byte[]>? _publisher;

        internal CourseHost(ChannelSettings settings, string? publishTo, string? handle)
        {
            HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
            builder.Services.AddSingleton(_course);
            builder.Services.AddShmBus(bus =>
            {
                bus.Configure(options => options.Directory = settings.Directory);
                foreach (string topic in new[] { publishTo, handle }.OfType<string>())
                    bus.ConfigureTopic(topic, made => made.Capacity = settings.Capacity);
                if (publishTo is not null)
                    bus.AddPublisher(publishTo, new BytesSerializer());
                if (handle is not null)
                    bus.AddHandler<byte[], CourseHandler>(handle, new BytesSerializer(), handler => handler.Retries = 0);
            });
            _host = builder.Build();
            _host.Start();
            _publisher = publishTo is null ? null : _host.Services.GetRequiredService<IMessagePublisher<byte[]>>();
        }

        internal ValueTask PublishAsync(byte[] message) => _publisher!.PublishAsync(message);

        internal void Publish(byte[] message) => PublishAsync(message).AsTask().GetAwaiter().GetResult();

        /// <summary>Publishes, and says that more is to be handled.</summary>
        internal ValueTask<bool> PublishAndGoOnAsync(byte[] message)
        {
            ValueTask publishing = PublishAsync(message);
            return publishing.IsCompletedSuccessfully ? new ValueTask<bool>(true) : WaitAsync(publishing);

            static async ValueTask<bool> WaitAsync(ValueTask publishing)
            {
                await publishing.ConfigureAwait(false);
                return true;
            }
        }

        /// <summary>Has all messages handled, until one says that no more come.</summary>
        internal void Handle(Func<byte[], ValueTask<bool>> handle) => _course.Run(handle);

        public void Dispose()
        {
            _host.StopAsync().GetAwaiter().GetResult();
            _host.Dispose();
        }
    }

    /// <summary>What the handlers do, and whether that is over.</summary>
    private sealed class Course
    {
        private readonly TaskCompletionSource<Func<byte[], ValueTask<bool>>> _handle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Run(Func<byte[], ValueTask<bool>> handle)
        {
            _handle.SetResult(handle);
            _end.Task.GetAwaiter().GetResult();
        }

        internal async ValueTask HandleAsync(byte[] message)
        {
            try
            {
                Func<byte[], ValueTask<bool>> handle = await _handle.Task.ConfigureAwait(false);
                if (!await handle(message).ConfigureAwait(false))
                    _end.SetResult();
            }
#pragma warning disable CA1031 // Whatever it is ends the course.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _end.TrySetException(e);
                throw;
            }
        }
    }

    private sealed class CourseHandler(Course course) : ShmBus.Hosting.IMessageHandler<byte[]>
    {
        public ValueTask HandleAsync(byte[] message, MessageContext context, CancellationToken cancellationToken) => course.HandleAsync(message);
    }

    /// <summary>Bytes as they are: a message that is read is an array of its own.</summary>
    private sealed class BytesSerializer : IMessageSerializer<byte[]>
    {
        public MessageContract Contract { get; } = new("bytes", "bytes", "1");

        public int GetLength(in byte[] message) => message.Length;

        public void Serialize(IBufferWriter<byte> output, in byte[] message) => output.Write(message);

        public void Deserialize(in MessagePayload payload, out byte[] message) => message = payload.Span.ToArray();
    }
}
