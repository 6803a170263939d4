using ShmBus.Serialization;

namespace ShmBus;

public sealed partial class Topic
{
    /// <summary>Becomes the topic's publisher, or one of them, as the writing end of a channel.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="serializer">How they become bytes.</param>
    /// <param name="options">How it is a channel.</param>
    /// <returns>The writer.</returns>
    /// <exception cref="ArgumentException">An option is out of bounds; it says which.</exception>
    /// <inheritdoc cref="CreatePublisher{T}" path="/exception"/>
    public TopicChannelWriter<T> CreateChannelWriter<T>(IMessageSerializer<T> serializer, TopicChannelOptions? options = null)
    {
        options ??= TopicChannelOptions.Default;
        options.Check();
        return new TopicChannelWriter<T>(CreatePublisher(serializer), options);
    }

    /// <summary>Becomes a subscriber, as the reading end of a channel.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="serializer">How they become bytes.</param>
    /// <param name="options">How it is a channel.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="ArgumentException">An option is out of bounds; it says which.</exception>
    /// <inheritdoc cref="CreateSubscriber{T}" path="/exception"/>
    public TopicChannelReader<T> CreateChannelReader<T>(IMessageSerializer<T> serializer, TopicChannelOptions? options = null)
    {
        options ??= TopicChannelOptions.Default;
        options.Check();
        return new TopicChannelReader<T>(
            CreateSubscriber(serializer, acknowledge: options.Acknowledge, joinAt: options.JoinAt, place: options.Place), options);
    }
}
