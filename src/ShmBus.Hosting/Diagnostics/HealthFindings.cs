using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ShmBus.Hosting.Diagnostics;

/// <summary>What a health check has found so far.</summary>
internal sealed class HealthFindings
{
    private readonly List<string> _unhealthy = [];
    private readonly List<string> _degraded = [];
    private Exception? _exception;
    private Exception? _lesserException;

    /// <summary>The figures.</summary>
    internal Dictionary<string, object> Data { get; } = new(StringComparer.Ordinal);

    internal void Unhealthy(string finding, Exception? exception = null)
    {
        _unhealthy.Add(finding);
        _exception ??= exception;
    }

    internal void Degraded(string finding, Exception? exception = null)
    {
        _degraded.Add(finding);
        _lesserException ??= exception;
    }

    /// <summary>The result: worst first.</summary>
    /// <param name="endpoints">How many endpoints were looked at.</param>
    /// <param name="failureStatus">What to call unhealthy.</param>
    internal HealthCheckResult ToResult(int endpoints, HealthStatus failureStatus)
    {
        HealthStatus status = _unhealthy.Count > 0 ? failureStatus : _degraded.Count > 0 ? HealthStatus.Degraded : HealthStatus.Healthy;
        string description = _unhealthy.Count + _degraded.Count > 0
            ? string.Join(' ', _unhealthy.Concat(_degraded).Distinct(StringComparer.Ordinal))
            : $"All is well: {endpoints} {(endpoints == 1 ? "endpoint is" : "endpoints are")} connected.";
        return new HealthCheckResult(status, description, _exception ?? _lesserException, Data);
    }
}
