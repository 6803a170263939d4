namespace ShmBus.Hosting;

/// <summary>Handles the messages of a topic. One is made for each message, in a scope of its own.</summary>
/// <typeparam name="T">The type of the messages.</typeparam>
public interface IMessageHandler<in T>
{
    /// <summary>
    /// Handles a message. It is delivered when this completes; what it throws is dealt with as <see cref="HandlerSettings.OnError"/> says.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="context">Where it came from, and what it carries besides.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the host's time to stop is over. Until then a message that is being handled may be finished; one that is not is
    /// delivered again at the next start.
    /// </param>
    /// <returns>Completes when the message was handled.</returns>
    ValueTask HandleAsync(T message, MessageContext context, CancellationToken cancellationToken);
}
