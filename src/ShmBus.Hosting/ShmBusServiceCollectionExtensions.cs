using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ShmBus;
using ShmBus.Hosting;
using ShmBus.Hosting.Connections;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Hosting.Handling;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a bus over shared memory to a host.</summary>
public static class ShmBusServiceCollectionExtensions
{
    /// <summary>
    /// Adds the bus: publishers, subscribers, handlers and channels, as the builder is told, with the options in the section <c>ShmBus</c> of the configuration. More
    /// than one call adds to the same bus.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Says what the host does on the bus.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// Options are checked when the host starts. <see cref="Bus"/> can be injected as well: for whatever is done on the bus by hand.
    /// </remarks>
    public static IServiceCollection AddShmBus(this IServiceCollection services, Action<ShmBusBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        Registrations registrations = AddOnce(services);
        configure?.Invoke(new ShmBusBuilder(services, registrations));
        return services;
    }

    internal static ServiceDescriptor OwnBus { get; } = ServiceDescriptor.Singleton(static services => services.GetRequiredService<HostedBus>().Open());

    private static Registrations AddOnce(IServiceCollection services)
    {
        if (services.FirstOrDefault(static service => service.ServiceType == typeof(Registrations))?.ImplementationInstance is Registrations there)
        {
            return there;
        }
        Registrations registrations = new();
        services.AddSingleton(registrations);
        services.AddSingleton<IConfigureOptions<ShmBusOptions>, ShmBusOptionsSetup>();
        services.AddSingleton<IValidateOptions<ShmBusOptions>, ShmBusOptionsValidator>();
        services.AddOptions<ShmBusOptions>().ValidateOnStart();
        services.AddMetrics();
        services.AddLogging();
        services.AddSingleton<HostedBus>();
        services.AddSingleton<ConnectionList>();
        services.AddSingleton<BusMetrics>();
        services.AddSingleton<BusTracing>();
        services.AddSingleton<BusServices>();
        services.AddSingleton<DeadLetterOffice>();
        services.AddSingleton<ShmBusHealthCheck>();
        services.TryAdd(OwnBus);
        services.AddSingleton<IHostedService, ShmBusHostedService>();
        return registrations;
    }
}
