using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ShmBus.Hosting.Connections;
using ShmBus.Hosting.Handling;
using ShmBus.Serialization;

namespace ShmBus.Hosting;

/// <summary>Says what a host does on its bus: see <c>AddShmBus</c>.</summary>
/// <remarks>
/// Whatever is added can be injected by its type where the host has one topic of that type, and by its type and the name of the topic
/// (<see cref="FromKeyedServicesAttribute"/>) in any case.
/// </remarks>
public sealed class ShmBusBuilder
{
    private readonly Registrations _registrations;

    internal ShmBusBuilder(IServiceCollection services, Registrations registrations)
    {
        Services = services;
        _registrations = registrations;
    }

    /// <summary>The services of the host.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Changes the options. What the configuration says has the last word.</summary>
    /// <param name="configure">Changes them.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder Configure(Action<ShmBusOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _registrations.Configurations.Add(configure);
        return this;
    }

    /// <summary>Says how a topic is made.</summary>
    /// <param name="topic">The name of the topic.</param>
    /// <param name="configure">Changes its settings.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder ConfigureTopic(string topic, Action<TopicSettings> configure)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(configure);
        return Configure(options =>
        {
            configure(options.AddTopic(topic));
        });
    }

    /// <summary>Takes the options from a section of the configuration other than <see cref="ShmBusOptions.SectionName"/>.</summary>
    /// <param name="section">The section.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder UseConfiguration(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        _registrations.Section = section;
        return this;
    }

    /// <summary>Uses a bus within the process, whatever the options say: for tests, and wherever there is no Linux.</summary>
    /// <param name="bus">One to share with other hosts of the process, which its owner disposes; null for one of this host's own.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder UseInProcess(Bus? bus = null)
    {
        (_registrations.Bus, _registrations.IsInProcess) = (bus, true);
        // The container disposes what it makes, and not what it is given.
        Services.Replace(bus is null ? ShmBusServiceCollectionExtensions.OwnBus : ServiceDescriptor.Singleton(bus));
        return this;
    }

    /// <summary>Adds an <see cref="IMessagePublisher{T}"/>.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="topic">The name of the topic.</param>
    /// <param name="serializer">How messages become bytes.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder AddPublisher<T>(string topic, IMessageSerializer<T> serializer)
    {
        Add<T, IMessagePublisher<T>, HostedPublisher<T>>(
            RegistrationKind.Publisher, topic, serializer, services => new HostedPublisher<T>(topic, serializer, services.GetRequiredService<BusServices>()));
        return this;
    }

    /// <summary>Adds an <see cref="IMessageSubscriber{T}"/>: for whoever reads in a loop of its own.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="topic">The name of the topic.</param>
    /// <param name="serializer">How bytes become messages.</param>
    /// <param name="joinAt">Broadcast: where it begins, unless a place was kept for it.</param>
    /// <param name="place">Broadcast: a name under which its place is kept.</param>
    /// <param name="acknowledge">When a message counts as delivered.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder AddSubscriber<T>(
        string topic, IMessageSerializer<T> serializer, JoinAt joinAt = JoinAt.End, string? place = null, Acknowledge acknowledge = Acknowledge.AfterHandling)
    {
        HandlerSettings settings = new() { JoinAt = joinAt, Place = place, Acknowledge = acknowledge };
        Add<T, IMessageSubscriber<T>, HostedSubscriber<T>>(
            RegistrationKind.Subscriber, topic, serializer, services => new HostedSubscriber<T>(topic, serializer, settings, services.GetRequiredService<BusServices>()),
            new SubscriberChoice(joinAt, place, acknowledge));
        return this;
    }

    /// <summary>Adds a <see cref="ChannelWriter{T}"/>, which has the channels of its readers complete when it is completed, in whatever process.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="topic">The name of the topic.</param>
    /// <param name="serializer">How messages become bytes.</param>
    /// <param name="options">How it is a channel.</param>
    /// <returns>This builder.</returns>
    /// <remarks>
    /// While the topic cannot be reached, the channel is as a full one. What stands in its local channel (<see cref="TopicChannelOptions.LocalCapacity"/>) when the
    /// host has stopped, and the end of one that was completed, is brought to the ring within the host's time; one that was not completed has its readers wait for the next.
    /// </remarks>
    public ShmBusBuilder AddChannelWriter<T>(string topic, IMessageSerializer<T> serializer, TopicChannelOptions? options = null)
    {
        options ??= new TopicChannelOptions();
        Add<T, ChannelWriter<T>, HostedChannelWriter<T>>(
            RegistrationKind.ChannelWriter, topic, serializer,
            services => new HostedChannelWriter<T>(topic, serializer, options, services.GetRequiredService<BusServices>()), channel: options);
        return this;
    }

    /// <summary>Adds a <see cref="ChannelReader{T}"/>, which is complete when its writers have completed theirs.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="topic">The name of the topic.</param>
    /// <param name="serializer">How bytes become messages.</param>
    /// <param name="options">How it is a channel.</param>
    /// <returns>This builder.</returns>
    /// <remarks>
    /// When the host begins to stop, what waits for a message ends as cancelled, and nothing more is taken from the topic; what stands in the local channel
    /// (<see cref="TopicChannelOptions.LocalCapacity"/>) can still be read, before the host has stopped. A message counts as delivered when the reader is called again, and at the
    /// latest when the services of the host have stopped in time.
    /// </remarks>
    public ShmBusBuilder AddChannelReader<T>(string topic, IMessageSerializer<T> serializer, TopicChannelOptions? options = null)
    {
        options ??= new TopicChannelOptions();
        Add<T, ChannelReader<T>, HostedChannelReader<T>>(
            RegistrationKind.ChannelReader, topic, serializer,
            services => new HostedChannelReader<T>(topic, serializer, options, services.GetRequiredService<BusServices>()),
            new SubscriberChoice(options.JoinAt, options.Place, options.Acknowledge), options);
        return this;
    }

    /// <summary>Adds a handler: for each message of the topic one is made, in a scope of its own.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <typeparam name="THandler">The handler. It is added to the services as scoped, unless it is there already.</typeparam>
    /// <param name="topic">The name of the topic.</param>
    /// <param name="serializer">How bytes become messages.</param>
    /// <param name="configure">Changes its settings. What the configuration says (<see cref="ShmBusOptions.Handlers"/>) has the last word.</param>
    /// <param name="name">What it is called in the configuration, the log and the health checks; null for the topic's name. Several handlers of a broadcast need a name each.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder AddHandler<T, [System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string topic, IMessageSerializer<T> serializer, Action<HandlerSettings>? configure = null, string? name = null) where THandler : class, IMessageHandler<T>
    {
        Services.TryAddScoped<THandler>();
        return AddHandler(
            topic, serializer,
            static (services, message, context, cancellationToken) => services.GetRequiredService<THandler>().HandleAsync(message, context, cancellationToken),
            configure, name);
    }

    /// <summary>Adds a function as a handler.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="topic">The name of the topic.</param>
    /// <param name="serializer">How bytes become messages.</param>
    /// <param name="handle">Handles a message, as <see cref="IMessageHandler{T}.HandleAsync"/>, with the services of its scope.</param>
    /// <param name="configure">Changes its settings.</param>
    /// <param name="name">What it is called; null for the topic's name.</param>
    /// <returns>This builder.</returns>
    public ShmBusBuilder AddHandler<T>(
        string topic, IMessageSerializer<T> serializer, Func<IServiceProvider, T, MessageContext, CancellationToken, ValueTask> handle,
        Action<HandlerSettings>? configure = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(handle);
        string key = name ?? topic;
        if (configure is not null)
        {
            Configure(options => configure(options.HandlerOf(key)));
        }
        Services.AddKeyedSingleton(key, (services, _) => CreatePump(services, key, topic, serializer, new MessageInvoker<T>(handle)));
        _registrations.Add(new Registration(
            RegistrationKind.Handler, key, topic, typeof(T), services => services.GetRequiredKeyedService<HandlerPump<T>>(key)));
        return this;
    }

    private static HandlerPump<T> CreatePump<T>(IServiceProvider services, string name, string topic, IMessageSerializer<T> serializer, MessageInvoker<T> invoke)
    {
        ShmBusOptions options = services.GetRequiredService<IOptions<ShmBusOptions>>().Value;
        HandlerSettings settings = options.HandlerOf(name);
        BusServices bus = services.GetRequiredService<BusServices>();
        MessageProcessor<T> processor = new(
            name, topic, settings, invoke, bus, services.GetRequiredService<IServiceScopeFactory>(), services.GetRequiredService<DeadLetterOffice>(),
            services.GetRequiredService<IHostApplicationLifetime>());
        return new HandlerPump<T>(topic, serializer, settings, processor, bus);
    }

    private void Add<T, TService, TImplementation>(
        RegistrationKind kind, string topic, IMessageSerializer<T> serializer, Func<IServiceProvider, TImplementation> create,
        SubscriberChoice? subscribes = null, TopicChannelOptions? channel = null)
        where TService : class where TImplementation : class, TService
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(serializer);
        Services.AddKeyedSingleton(topic, (services, _) => create(services));
        Services.AddKeyedSingleton<TService>(topic, static (services, key) => services.GetRequiredKeyedService<TImplementation>(key));
        Registrations registrations = _registrations;
        Services.TryAddSingleton(services => registrations.Only<T, TService>(services, kind));
        _registrations.Add(new Registration(kind, topic, topic, typeof(T), services => services.GetRequiredKeyedService<TImplementation>(topic)) { Subscribes = subscribes, Channel = channel });
    }
}
