using System.Reflection;

namespace ShmBus.Hosting;

/// <summary>
/// The names under which this package can be observed. For OpenTelemetry these two lines are all: <c>metrics.AddMeter(ShmBusTelemetry.MeterName)</c> and
/// <c>tracing.AddSource(ShmBusTelemetry.ActivitySourceName)</c>.
/// </summary>
/// <remarks>
/// <para>
/// Instruments by OpenTelemetry's conventions for messaging: <c>messaging.client.sent.messages</c>, <c>messaging.client.consumed.messages</c>,
/// <c>messaging.client.operation.duration</c> (publishing, waiting included), <c>messaging.process.duration</c> (each try of a handler). Of this library's own:
/// <c>shmbus.handler.retries</c>, <c>shmbus.handler.skipped</c>, <c>shmbus.handler.dead_lettered</c>, <c>shmbus.subscriber.lost</c>,
/// <c>shmbus.subscriber.evictions</c>, <c>shmbus.endpoint.disconnects</c>, <c>shmbus.endpoint.connected</c>, <c>shmbus.topic.lag</c> and
/// <c>shmbus.topic.endpoints</c>.
/// </para>
/// <para>
/// Spans: <c>send TOPIC</c>, and for each try of a handler <c>process TOPIC</c>, whose parent is the former, in whichever process that was: messages carry the trace
/// context and the trace state. Where nobody listens to the publisher's source, the activity in which it publishes is the parent. Baggage is not carried. A
/// subscriber that is read in a loop (<see cref="IMessageSubscriber{T}"/>) has no spans.
/// </para>
/// </remarks>
public static class ShmBusTelemetry
{
    /// <summary>The <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "ShmBus";

    /// <summary>The <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "ShmBus";

    /// <summary>The category under which this package logs.</summary>
    public const string LogCategoryName = "ShmBus.Hosting";

    /// <summary>The value of <c>messaging.system</c>.</summary>
    internal const string System = "shmbus";

    internal static string? Version { get; } = typeof(ShmBusTelemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
