using Microsoft.Extensions.Logging;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Rings;

namespace ShmBus.Hosting.Connections;

/// <summary>What every part of the host needs.</summary>
internal sealed class BusServices(HostedBus bus, ConnectionList connections, BusMetrics metrics, BusTracing tracing, ILoggerFactory loggers)
{
    internal HostedBus Bus => bus;

    internal BusMetrics Metrics => metrics;

    internal BusTracing Tracing => tracing;

    internal ILogger Logger { get; } = loggers.CreateLogger("ShmBus");

    /// <summary>A connection that others see.</summary>
    internal Connection<TEndpoint> Connect<TEndpoint>(
        string name, string topic, EndpointRole role, Func<Topic, TEndpoint> create, Func<TEndpoint, Endpoint> rawOf) where TEndpoint : class, IDisposable
    {
        Connection<TEndpoint> connection = new(name, topic, role, bus, Logger, create, rawOf);
        connections.Add(connection);
        return connection;
    }
}
