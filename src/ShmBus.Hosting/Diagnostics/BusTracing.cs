using System.Diagnostics;

namespace ShmBus.Hosting.Diagnostics;

/// <summary>
/// Spans of publishing and handling, by the conventions of OpenTelemetry for messaging: 'send' is the parent of the 'process' in the other process, by the trace
/// context that the message carries.
/// </summary>
internal sealed class BusTracing : IDisposable
{
    private readonly ActivitySource _source = new(ShmBusTelemetry.ActivitySourceName, ShmBusTelemetry.Version);

    /// <summary>Whether anybody listens.</summary>
    internal bool IsOn => _source.HasListeners();

    internal Activity? StartSend(string topic, in MessageExtras extras) =>
        IsOn ? Start(MessagingOperation.Send, ActivityKind.Producer, topic, default, extras.CorrelationId) : null;

    internal Activity? StartProcess(in MessageContext context, in ActivityContext parent) =>
        IsOn ? Start(MessagingOperation.Process, ActivityKind.Consumer, context.Topic, parent, context.CorrelationId) : null;

    internal static void Fail(Activity? activity, Exception exception)
    {
        if (activity is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, exception.Message);
            activity.SetTag("error.type", exception.GetType().FullName);
            activity.AddException(exception);
        }
    }

    public void Dispose() => _source.Dispose();

    private Activity? Start(string operation, ActivityKind kind, string topic, in ActivityContext parent, Guid? correlation)
    {
        Activity? activity = _source.StartActivity($"{operation} {topic}", kind, parent);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("messaging.system", "shmbus");
            activity.SetTag("messaging.operation.name", operation);
            activity.SetTag("messaging.operation.type", operation);
            activity.SetTag("messaging.destination.name", topic);
            if (correlation is Guid id)
            {
                activity.SetTag("messaging.message.conversation_id", id.ToString());
            }
        }
        return activity;
    }
}
