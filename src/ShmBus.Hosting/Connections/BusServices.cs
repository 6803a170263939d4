using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Rings;

namespace ShmBus.Hosting.Connections;

/// <summary>What every part of the host needs.</summary>
internal sealed class BusServices(HostedBus bus, ConnectionList connections, BusMetrics metrics, BusTracing tracing, ILoggerFactory loggers, IHostApplicationLifetime? lifetime = null)
{
    internal HostedBus Bus => bus;

    internal BusMetrics Metrics => metrics;

    internal BusTracing Tracing => tracing;

    internal ILogger Logger { get; } = new CalmLogger(loggers.CreateLogger(ShmBusTelemetry.LogCategoryName));

    /// <summary>Cancelled when the host begins to stop; never where there is no host.</summary>
    internal CancellationToken Stopping => lifetime?.ApplicationStopping ?? CancellationToken.None;

    /// <summary>Why the host stops, if a handler asked for that.</summary>
    internal HandlerFailure? Failure { get; set; }

    /// <summary>A connection that others see.</summary>
    internal Connection<TEndpoint> Connect<TEndpoint>(
        string name, string topic, EndpointRole role, Func<Topic, TEndpoint> create, Func<TEndpoint, Endpoint> rawOf) where TEndpoint : class, IDisposable
    {
        Connection<TEndpoint> connection = new(name, topic, role, bus, Logger, create, rawOf);
        connections.Add(connection);
        return connection;
    }
}

/// <summary>A message that a handler gave up, and its host with it.</summary>
/// <param name="Handler">The name of the handler.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Position">Where the message is.</param>
/// <param name="Exception">Why.</param>
internal sealed record HandlerFailure(string Handler, string Topic, long Position, Exception Exception);
