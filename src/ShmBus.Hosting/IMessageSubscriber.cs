namespace ShmBus.Hosting;

/// <summary>Reads the messages of a topic, one after the other. For one reader at a time.</summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// It connects to the topic by itself, and again when it has lost it; as long as that does not succeed, health checks and the log say why.
/// </remarks>
public interface IMessageSubscriber<T>
{
    /// <summary>The name of the topic.</summary>
    string Topic { get; }

    /// <summary>
    /// Reads message after message; waits for each without a thread. Who asks for the next one says that the one before is delivered. Who leaves the loop
    /// in between, by an exception or by <c>break</c>, does not say so: unless there is another read before the host ends, the message is delivered again.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for the next one.</param>
    /// <returns>The messages, until the host begins to stop.</returns>
    /// <exception cref="OperationCanceledException">Cancelled: none was taken.</exception>
    /// <exception cref="InvalidOperationException">Somebody else reads.</exception>
    /// <remarks>What the serializer throws comes through; reading again goes on behind that message.</remarks>
    IAsyncEnumerable<T> ReadAllAsync(CancellationToken cancellationToken = default);
}
