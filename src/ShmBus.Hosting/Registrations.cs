using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ShmBus.Rings;

namespace ShmBus.Hosting;

/// <summary>What was said when the services were registered. One for a service collection; nothing in it lives.</summary>
internal sealed class Registrations
{
    private readonly List<Registration> _all = [];

    /// <summary>The bus that was given, or null.</summary>
    internal Bus? Bus { get; set; }

    /// <summary>Whether the bus, where none was given, is one within the process.</summary>
    internal bool IsInProcess { get; set; }

    /// <summary>The section that was given, or null for the usual one.</summary>
    internal IConfiguration? Section { get; set; }

    /// <summary>What the code says of options.</summary>
    internal List<Action<ShmBusOptions>> Configurations { get; } = [];

    internal IReadOnlyList<Registration> All => _all;

    internal IEnumerable<Registration> Handlers => _all.Where(static registration => registration.Kind == RegistrationKind.Handler);

    internal void Add(Registration registration) => _all.Add(registration);

    /// <summary>The one service for messages of a type.</summary>
    /// <exception cref="InvalidOperationException">There are several.</exception>
    internal TService Only<T, TService>(IServiceProvider services, RegistrationKind kind) where TService : class
    {
        string[] topics = [.. _all.Where(registration => registration.Kind == kind && registration.MessageType == typeof(T)).Select(static registration => registration.Topic)];
        return topics.Length == 1
            ? services.GetRequiredKeyedService<TService>(topics[0])
            : throw new InvalidOperationException(
                $"There are several topics of {typeof(T).Name}: {string.Join(", ", topics)}. Say which one is meant: [FromKeyedServices(\"{topics[0]}\")], or GetRequiredKeyedService.");
    }
}

/// <summary>One use of a topic.</summary>
/// <param name="Kind">What for.</param>
/// <param name="Name">Its name: the topic, unless it is a handler with one of its own.</param>
/// <param name="Topic">The topic.</param>
/// <param name="MessageType">The type of the messages.</param>
/// <param name="Resolve">Finds it among the services.</param>
internal sealed record Registration(RegistrationKind Kind, string Name, string Topic, Type MessageType, Func<IServiceProvider, object> Resolve)
{
    /// <summary>How it subscribes, if it does and is not a handler, whose settings say so.</summary>
    internal SubscriberChoice? Subscribes { get; init; }

    /// <summary>How it is a channel, if it is one.</summary>
    internal TopicChannelOptions? Channel { get; init; }

    /// <summary>The call that registered it, as it is told to people.</summary>
    internal string Call => $"Add{Kind}(\"{Topic}\"{(Name == Topic ? "" : $", name: \"{Name}\"")})";

    internal EndpointRole Role => Kind is RegistrationKind.Publisher or RegistrationKind.ChannelWriter ? EndpointRole.Publisher : EndpointRole.Subscriber;
}

/// <summary>How a topic is subscribed to.</summary>
internal sealed record SubscriberChoice(JoinAt JoinAt, string? Place, Acknowledge Acknowledge);

internal enum RegistrationKind
{
    Publisher,
    Subscriber,
    Handler,
    ChannelWriter,
    ChannelReader,
}
