using ShmBus.Serialization;

namespace ShmBus;

public sealed partial class Topic
{
    /// <summary>Becomes the topic's publisher of messages of one type, or one of them.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="serializer">How they become bytes: one of <see cref="MessageSerializer"/>, one that a package generates, or one's own.</param>
    /// <param name="wait">How it waits for room.</param>
    /// <returns>The publisher.</returns>
    /// <exception cref="ContractMismatchException">The topic carries messages of another type, or of a shape of it that does not go with this one; it says both.</exception>
    /// <inheritdoc cref="CreatePublisher(Waiting.WaitStrategy)" path="/exception"/>
    public Publisher<T> CreatePublisher<T>(IMessageSerializer<T> serializer, Waiting.WaitStrategy wait = Waiting.WaitStrategy.Adaptive)
    {
        AgreeOn(serializer);
        return new Publisher<T>(CreatePublisher(wait), serializer);
    }

    /// <summary>Becomes a subscriber to messages of one type.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="serializer">How they become bytes.</param>
    /// <param name="wait">How it waits for messages.</param>
    /// <param name="acknowledge">What a successor gets of a message that this one dies with.</param>
    /// <param name="joinAt">Broadcast: where it begins, unless a place was kept for it.</param>
    /// <param name="place">Broadcast: a name under which its place is kept, as in <see cref="CreateSubscriber(Waiting.WaitStrategy, Acknowledge, JoinAt, string?)"/>.</param>
    /// <returns>The subscriber.</returns>
    /// <exception cref="ContractMismatchException">The topic carries messages of another type, or of a shape of it that does not go with this one; it says both.</exception>
    /// <inheritdoc cref="CreateSubscriber(Waiting.WaitStrategy, Acknowledge, JoinAt, string?)" path="/exception"/>
    public Subscriber<T> CreateSubscriber<T>(
        IMessageSerializer<T> serializer, Waiting.WaitStrategy wait = Waiting.WaitStrategy.Adaptive,
        Acknowledge acknowledge = Acknowledge.AfterHandling, JoinAt joinAt = JoinAt.End, string? place = null)
    {
        AgreeOn(serializer);
        return new Subscriber<T>(CreateSubscriber(wait, acknowledge, joinAt, place), serializer);
    }

    private void AgreeOn<T>(IMessageSerializer<T> serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        AgreeOn(serializer.Contract);
    }
}
