using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ShmBus.Hosting;

/// <summary>Fills the options: what the code says, then what the configuration says, which so has the last word.</summary>
internal sealed class ShmBusOptionsSetup(Registrations registrations, IServiceProvider services) : IConfigureOptions<ShmBusOptions>
{
    public void Configure(ShmBusOptions options)
    {
        foreach (Action<ShmBusOptions> configure in registrations.Configurations)
        {
            configure(options);
        }
        IConfiguration? section = registrations.Section ?? services.GetService<IConfiguration>()?.GetSection(ShmBusOptions.SectionName);
        if (section is not null)
        {
            section.Bind(options);
        }
        foreach (Registration handler in registrations.All.Where(static registration => registration.Kind == RegistrationKind.Handler))
        {
            AddDeadLetterTopic(options, handler);
        }
    }

    /// <summary>A dead letter is a little longer than its message, and any number of hosts may write some.</summary>
    private static void AddDeadLetterTopic(ShmBusOptions options, Registration handler)
    {
        HandlerSettings settings = options.HandlerOf(handler.Name);
        if (settings.OnError == ErrorAction.DeadLetter)
        {
            settings.DeadLetterTopic ??= handler.Topic + ".dead";
            if (!options.Topics.ContainsKey(settings.DeadLetterTopic))
            {
                int capacity = options.TopicOf(handler.Topic).Capacity;
                options.Topics[settings.DeadLetterTopic] = new TopicSettings { Capacity = Math.Clamp(capacity, 128 << 10, 256 << 20) * 2, Publishers = 16, ExpectsPeers = false };
            }
        }
    }
}
