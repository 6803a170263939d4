using Microsoft.Extensions.Logging;

namespace ShmBus.Hosting.Diagnostics;

/// <summary>Every line that this package logs.</summary>
internal static partial class Log
{
    /// <summary>For so long an endpoint that goes through the same trouble again and again does not repeat itself.</summary>
    internal const int QuietMilliseconds = 10_000;

    [LoggerMessage(1, LogLevel.Information, "{Endpoint}: connected to the topic '{Topic}' ({Path}).")]
    internal static partial void Connected(ILogger logger, string endpoint, string topic, string path);

    [LoggerMessage(2, LogLevel.Warning, "{Endpoint}: cannot connect to the topic '{Topic}' yet; trying on.")]
    internal static partial void CannotConnect(ILogger logger, string endpoint, string topic, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "{Endpoint}: cut off from the topic '{Topic}'; connecting anew.")]
    internal static partial void Disconnected(ILogger logger, string endpoint, string topic, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "{Endpoint}: the file of the topic '{Topic}' was deleted or replaced; moving to the new one.")]
    internal static partial void NameLost(ILogger logger, string endpoint, string topic);

    [LoggerMessage(5, LogLevel.Warning, "{Endpoint}: evicted from the topic '{Topic}' at {Position}, since it lagged too far; joining again.")]
    internal static partial void Evicted(ILogger logger, string endpoint, string topic, long position);

    [LoggerMessage(6, LogLevel.Warning, "{Endpoint}: {Bytes} bytes at {Position} of the topic '{Topic}' are lost ({Cause}); {TotalBytes} since the start.")]
    internal static partial void Lost(ILogger logger, string endpoint, string topic, long position, long bytes, LossCause cause, long totalBytes);

    [LoggerMessage(7, LogLevel.Warning, "{Endpoint}: the message at {Position} of '{Topic}' failed, try {Attempt}; again in {Delay}.")]
    internal static partial void Retrying(ILogger logger, string endpoint, string topic, long position, int attempt, TimeSpan delay, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "{Endpoint}: the message at {Position} of '{Topic}' failed after {Attempt} tries and is skipped: it is lost.")]
    internal static partial void Skipped(ILogger logger, string endpoint, string topic, long position, int attempt, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "{Endpoint}: the message at {Position} of '{Topic}' failed after {Attempt} tries and goes to '{DeadLetterTopic}'.")]
    internal static partial void DeadLettered(ILogger logger, string endpoint, string topic, long position, int attempt, string deadLetterTopic, Exception exception);

    [LoggerMessage(10, LogLevel.Critical, "{Endpoint}: the message at {Position} of '{Topic}' failed after {Attempt} tries; the host stops.")]
    internal static partial void StoppingHost(ILogger logger, string endpoint, string topic, long position, int attempt, Exception exception);

    [LoggerMessage(11, LogLevel.Warning, "{Endpoint}: the dead-letter topic '{DeadLetterTopic}' takes nothing now; '{Topic}' waits for it.")]
    internal static partial void DeadLetterBlocked(ILogger logger, string endpoint, string topic, string deadLetterTopic);

    [LoggerMessage(12, LogLevel.Information, "{Endpoint}: stopped; {Handled} messages of '{Topic}' were handled since the start.")]
    internal static partial void Stopped(ILogger logger, string endpoint, string topic, long handled);

    [LoggerMessage(13, LogLevel.Warning, "{Endpoint}: stopped; {Unfinished} messages of '{Topic}' that were begun, and not finished, are delivered again at the next start.")]
    internal static partial void StoppedUnfinished(ILogger logger, string endpoint, string topic, int unfinished);

    [LoggerMessage(14, LogLevel.Error, "{Endpoint}: stopped; {Unfinished} messages of '{Topic}' that were begun, and not finished, are lost: nothing brings them again.")]
    internal static partial void StoppedLosing(ILogger logger, string endpoint, string topic, int unfinished);

    [LoggerMessage(15, LogLevel.Error, "{Endpoint}: {Bytes} bytes that were published to the deleted file of the topic '{Topic}' are lost: nobody reads it.")]
    internal static partial void LeftBehind(ILogger logger, string endpoint, string topic, long bytes);

    [LoggerMessage(16, LogLevel.Warning, "{Endpoint}: {Bytes} bytes of the topic '{Topic}' are lost: its place was given up, since it lagged too far.")]
    internal static partial void Missed(ILogger logger, string endpoint, string topic, long bytes);

    [LoggerMessage(17, LogLevel.Warning, "{Endpoint}: waits for its turn on the topic '{Topic}': {Reason}")]
    internal static partial void WaitsForTurn(ILogger logger, string endpoint, string topic, string reason);

    [LoggerMessage(20, LogLevel.Error, "{Endpoint}: the host has stopped, and messages stand in the local channel of '{Topic}': they are lost.")]
    internal static partial void LocalChannelLost(ILogger logger, string endpoint, string topic);

    [LoggerMessage(21, LogLevel.Error, "{Endpoint}: the time to stop is over, and there was no room for the end of the channel '{Topic}': readers wait for the next writer.")]
    internal static partial void EndNotPublished(ILogger logger, string endpoint, string topic);
}
