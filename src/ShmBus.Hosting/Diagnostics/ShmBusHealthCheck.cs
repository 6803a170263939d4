using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ShmBus.Endpoints;
using ShmBus.Hosting.Connections;
using ShmBus.Rings;

namespace ShmBus.Hosting.Diagnostics;

/// <summary>Looks at every topic of the host, and at what keeps the host on it.</summary>
internal sealed class ShmBusHealthCheck(ConnectionList connections, BusServices services, Registrations registrations, IOptions<ShmBusOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        HealthFindings findings = new();
        IReadOnlyList<Connection> all = connections.All;
        if (services.Failure is HandlerFailure failure)
        {
            findings.Unhealthy(
                $"The handler '{failure.Handler}' stops the host over the message at {failure.Position} of '{failure.Topic}': {failure.Exception.Message} Mend the handler, or choose another {nameof(HandlerSettings.OnError)}.",
                failure.Exception);
        }
        if (all.Count == 0 && registrations.All.Count > 0)
        {
            findings.Degraded("The host has not started yet: start it.");
        }
        foreach (Connection connection in all)
        {
            CheckConnection(connection, findings);
        }
        foreach (IGrouping<string, Connection> topic in all.Where(static connection => connection.IsConnected).GroupBy(static connection => connection.Topic))
        {
            CheckTopic(topic.Key, [.. topic], findings);
        }
        return Task.FromResult(findings.ToResult(all.Count, context.Registration.FailureStatus));
    }

    private static void CheckConnection(Connection connection, HealthFindings findings)
    {
        string key = connection.Role == EndpointRole.Publisher ? $"{connection.Topic}:publisher" : $"{connection.Topic}:{connection.Name}";
        Exception? problem = connection.Problem;
        if (connection.IsClosed)
        {
            findings.Data[key] = "closed";
            findings.Degraded($"The host has left '{connection.Topic}', since it stops: start it again.");
        }
        else if (problem is EndpointInUseException)
        {
            findings.Data[key] = problem.Message;
            findings.Degraded($"{connection.Name}: waits for its turn on '{connection.Topic}': {problem.Message}", problem);
        }
        else if (problem is not null)
        {
            findings.Data[key] = problem.Message;
            findings.Unhealthy(
                $"{connection.Name}: {(connection.IsConnected ? "has to leave" : "cannot connect to")} '{connection.Topic}', and goes on trying: {problem.Message}", problem);
        }
        else if (!connection.IsConnected)
        {
            findings.Data[key] = "connecting";
            findings.Degraded($"{connection.Name}: not connected to '{connection.Topic}' yet: wait.");
        }
        else if (connection.BlockedSince is DateTimeOffset since)
        {
            findings.Data[key] = string.Create(CultureInfo.InvariantCulture, $"waits for room since {since:O}");
            findings.Degraded(string.Create(
                CultureInfo.InvariantCulture, $"'{connection.Topic}' is full, and its publisher waits since {since:u}: see why its subscribers do not keep up, or raise {nameof(TopicSettings.Capacity)}."));
        }
        else
        {
            findings.Data[key] = "connected";
        }
    }

    private void CheckTopic(string name, Connection[] here, HealthFindings findings)
    {
        if (here[0].TryInspect(out Exception? error) is not TopicSnapshot topic)
        {
            if (error is not null)
            {
                findings.Unhealthy($"'{name}' cannot be looked at: {error.Message}", error);
            }
            return;
        }
        TopicSettings settings = options.Value.TopicOf(name);
        int publishers = topic.Alive(EndpointRole.Publisher);
        int subscribers = topic.Alive(EndpointRole.Subscriber);
        findings.Data[$"{name}:lag"] = topic.PendingBytes;
        findings.Data[$"{name}:published"] = topic.PublishedBytes;
        findings.Data[$"{name}:publishers"] = publishers;
        findings.Data[$"{name}:subscribers"] = subscribers;
        if (topic.CorruptAt is long position)
        {
            findings.Unhealthy($"'{name}' is corrupt at {position}: stop all that use it, delete it, and find out who wrote over it.");
        }
        if (settings.ExpectsPeers && subscribers == 0 && here.Any(static connection => connection.Role == EndpointRole.Publisher))
        {
            findings.Degraded($"Nobody subscribes to '{name}': start whoever does, or turn {nameof(TopicSettings.ExpectsPeers)} off.");
        }
        if (settings.ExpectsPeers && publishers == 0 && here.Any(static connection => connection.Role == EndpointRole.Subscriber))
        {
            findings.Degraded($"Nobody publishes to '{name}': start whoever does, or turn {nameof(TopicSettings.ExpectsPeers)} off.");
        }
        // Each lane is a ring of that capacity.
        long bound = settings.MaxLag ?? topic.Capacity / 4L * 3 * (settings.Lanes ? Math.Max(1, publishers) : 1);
        if (topic.PendingBytes > bound)
        {
            findings.Degraded($"'{name}' lags {topic.PendingBytes} bytes, more than {bound}: see why its subscribers do not keep up, or raise {nameof(TopicSettings.MaxLag)}.");
        }
    }
}
