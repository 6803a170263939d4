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

    /// <summary>A message is published. One that was given a trace context of its own keeps it: the span then only links to it, and is nobody's parent.</summary>
    internal Activity? StartSend(string topic, in MessageExtras extras)
    {
        if (!IsOn)
        {
            return null;
        }
        ActivityContext given = ContextOf(extras);
        return Start(MessagingOperation.Send, given == default ? ActivityKind.Producer : ActivityKind.Client, topic, default, given, extras.CorrelationId);
    }

    /// <summary>A message is handled.</summary>
    /// <param name="context">The message.</param>
    /// <param name="handler">Who handles it.</param>
    /// <param name="parent">The span that published it, if any is known.</param>
    internal Activity? StartProcess(in MessageContext context, string handler, in ActivityContext parent)
    {
        if (!IsOn)
        {
            return null;
        }
        Activity? activity = Start(MessagingOperation.Process, ActivityKind.Consumer, context.Topic, parent, parent, context.CorrelationId);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("shmbus.endpoint.name", handler);
            activity.SetTag("shmbus.message.position", context.Position);
            activity.SetTag("shmbus.message.attempt", context.Attempt);
        }
        return activity;
    }

    internal static void Fail(Activity? activity, Exception exception)
    {
        if (activity is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, exception.Message);
            activity.SetTag("error.type", exception.GetType().FullName);
            activity.AddException(exception);
        }
    }

    /// <summary>What it was started for did not happen: it is not exported.</summary>
    internal static void Drop(Activity? activity)
    {
        if (activity is not null)
        {
            activity.IsAllDataRequested = false;
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }

    public void Dispose() => _source.Dispose();

    private Activity? Start(string operation, ActivityKind kind, string topic, in ActivityContext parent, in ActivityContext link, Guid? correlation)
    {
        // What samplers may decide by has to be there from the start.
        KeyValuePair<string, object?>[] tags =
        [
            new("messaging.system", ShmBusTelemetry.System),
            new("messaging.operation.name", operation),
            new("messaging.operation.type", operation),
            new("messaging.destination.name", topic),
        ];
        ActivityLink[]? links = link == default ? null : [new ActivityLink(link)];
        Activity? activity = _source.StartActivity($"{operation} {topic}", kind, parent, tags, links);
        if (correlation is Guid id && activity is { IsAllDataRequested: true })
        {
            activity.SetTag("messaging.message.conversation_id", id.ToString());
        }
        return activity;
    }

    private static ActivityContext ContextOf(in MessageExtras extras) =>
        extras.TraceContext is TraceContext given && ActivityContext.TryParse(given.ToString(), extras.TraceState, out ActivityContext context) ? context : default;
}
