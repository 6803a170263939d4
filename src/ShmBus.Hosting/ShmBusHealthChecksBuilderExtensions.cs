using Microsoft.Extensions.Diagnostics.HealthChecks;
using ShmBus.Hosting;
using ShmBus.Hosting.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the bus to the health checks of a host.</summary>
public static class ShmBusHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check of all that this host does on the bus. Unhealthy: the bus or a topic cannot be reached, a topic is corrupt or was deleted, or a handler stops the
    /// host. Degraded: an endpoint waits for a slot that another process holds, a peer is missing (<see cref="TopicSettings.ExpectsPeers"/>), the lag is
    /// over its bound (<see cref="TopicSettings.MaxLag"/>), a publisher waits for room, or the host does not run yet, or no longer.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">What the check is called.</param>
    /// <param name="failureStatus">What is reported in place of unhealthy; null for that.</param>
    /// <param name="tags">Tags to choose checks by.</param>
    /// <returns>The health checks.</returns>
    /// <remarks>
    /// Its description says what is wrong, worst first, and what to do. Its data has the state of each endpoint (<c>orders:publisher</c>, <c>orders:NAME</c>), and of each
    /// topic <c>orders:lag</c>, <c>orders:published</c> (both in bytes), <c>orders:publishers</c> and <c>orders:subscribers</c>. It looks at topics from outside: nobody waits for it.
    /// </remarks>
    public static IHealthChecksBuilder AddShmBus(
        this IHealthChecksBuilder builder, string name = "shmbus", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddShmBus();
        return builder.Add(new HealthCheckRegistration(name, static services => services.GetRequiredService<ShmBusHealthCheck>(), failureStatus, tags));
    }
}
