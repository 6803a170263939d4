namespace ShmBus.Hosting;

/// <summary>Publishes the messages of a topic, from any thread.</summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// Threads take turns, and a message is serialized within its turn. It connects to the topic by itself, and again when it has lost it; as long as that does
/// not succeed, health checks and the log say why.
/// </remarks>
public interface IMessagePublisher<T>
{
    /// <summary>The name of the topic.</summary>
    string Topic { get; }

    /// <summary>Publishes a message; waits, without a thread, for room and until the topic can be reached.</summary>
    /// <param name="message">The message.</param>
    /// <param name="extras">What it carries besides. The trace is added by itself.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completes when the message is in the ring: whatever becomes of this process then, it is delivered.</returns>
    /// <exception cref="OperationCanceledException">Cancelled: nothing was published.</exception>
    /// <exception cref="MessageTooLongException">Its bytes are more than the topic takes.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    /// <remarks>What the serializer throws comes through, and nothing was published.</remarks>
    ValueTask PublishAsync(T message, MessageExtras extras = default, CancellationToken cancellationToken = default);

    /// <summary>Publishes a message, if there is room now. Does not block.</summary>
    /// <param name="message">The message.</param>
    /// <param name="extras">What it carries besides. The trace is added by itself.</param>
    /// <returns>False when the ring is full, or the topic cannot be reached: nothing was published.</returns>
    /// <exception cref="MessageTooLongException">Its bytes are more than the topic takes.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    /// <remarks>What the serializer throws comes through, and nothing was published.</remarks>
    bool TryPublish(in T message, in MessageExtras extras = default);
}
