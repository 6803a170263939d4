namespace ShmBus;

/// <summary>How a topic is used as a channel: see <see cref="Topic.CreateChannelWriter{T}"/> and <see cref="Topic.CreateChannelReader{T}"/>.</summary>
/// <remarks>There is no wait strategy: a channel waits without a thread.</remarks>
public sealed record TopicChannelOptions
{
    internal static TopicChannelOptions Default { get; } = new();

    /// <summary>
    /// How many messages a local channel in front of the ring takes at most; 0, unless told, for none. A task moves them, one by one. A writer then returns
    /// at once also while the ring is full, and a reader has messages deserialized ahead. What stands in the local channel is this process's alone: a writer's
    /// is lost when the process dies, and a reader's counts as delivered (<see cref="ShmBus.Acknowledge"/>).
    /// </summary>
    public int LocalCapacity { get; init; }

    /// <summary>
    /// Whether awaiters are run on the very thread that found what they wait for: the one that completes the channel or reads its end, and else one of the library
    /// that serves many endpoints, so they must be brief and never block. Off unless told: they go on on the thread pool. Of no effect with <see cref="LocalCapacity"/>.
    /// </summary>
    public bool AllowSynchronousContinuations { get; init; }

    /// <summary>
    /// Is told of a message that was passed by, because it could not be deserialized, or, behind <see cref="LocalCapacity"/>, serialized; with the exception. What
    /// the handler throws completes the channel. Null, unless told: the exception of the serializer completes the channel.
    /// </summary>
    public Action<Exception>? OnSkipped { get; init; }

    /// <summary>
    /// Reader: the number of writers that must complete the channel before it is complete, 1 unless told; 0 for a channel that writers never complete. An error
    /// counts as well; the first one is the channel's, once all have completed. A reader counts what it reads itself, not what one before it read.
    /// </summary>
    public int Writers { get; init; } = 1;

    /// <summary>Reader: what a successor gets of a message that this one dies with.</summary>
    public Acknowledge Acknowledge { get; init; }

    /// <summary>Reader of a broadcast: where it begins, unless a place was kept for it.</summary>
    public JoinAt JoinAt { get; init; }

    /// <summary>Reader of a broadcast: a name under which its place is kept, as in <see cref="Topic.CreateSubscriber(Waiting.WaitStrategy, Acknowledge, JoinAt, string?)"/>.</summary>
    public string? Place { get; init; }

    /// <summary>The same, where a local channel stands between the ring and the awaiters.</summary>
    internal TopicChannelOptions ForRing => LocalCapacity == 0 ? this : this with { AllowSynchronousContinuations = false };

    internal void Check()
    {
        if (LocalCapacity < 0)
        {
            throw new ArgumentException($"{nameof(LocalCapacity)} is {LocalCapacity}; expected a number of messages, 0 for no local channel.");
        }
        if (Writers < 0)
        {
            throw new ArgumentException($"{nameof(Writers)} is {Writers}; expected the number of writers that complete the channel, 0 for never.");
        }
        if (Acknowledge == Acknowledge.Explicitly)
        {
            throw new ArgumentException(
                $"{nameof(Acknowledge)} is {Acknowledge}: a channel has no receipts; use {nameof(Acknowledge)}.{nameof(Acknowledge.AfterHandling)}, and the reader's Acknowledge.");
        }
    }
}
