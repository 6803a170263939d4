namespace ShmBus.Hosting;

/// <summary>Handles the messages of a topic. One is made for each try of a message, in a scope of its own.</summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// Called on the thread pool: for one message after the other, or for <see cref="HandlerSettings.Concurrency"/> of them at once. A message that it was called for may come
/// again: after it threw, after this process was killed, and after a stop that it did not end in time for.
/// </remarks>
public interface IMessageHandler<in T>
{
    /// <summary>
    /// Handles a message. It is delivered when this completes. When it throws, the message is tried again (<see cref="HandlerSettings.Retries"/>), and then dealt with as
    /// <see cref="HandlerSettings.OnError"/> says.
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
