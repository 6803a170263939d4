namespace ShmBus.Hosting;

/// <summary>How the messages of a topic are handled: <c>ShmBus:Handlers:NAME</c> in the configuration, where the name is that of the topic unless another was given.</summary>
public sealed class HandlerSettings
{
    /// <summary>
    /// How many messages are handled at once; 1, unless told, which keeps their order. With more, messages are begun in order and may finish in any; a message
    /// counts as delivered when all before it are done, too, so one that this process is killed with brings those behind it again: as many as 16 times this number.
    /// </summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>When a message counts as delivered; at least once unless told.</summary>
    public Acknowledge Acknowledge { get; set; } = Acknowledge.AfterHandling;

    /// <summary>How often a message whose handler threw is tried again; 3 times unless told. One that cannot be deserialized is not tried again.</summary>
    public int Retries { get; set; } = 3;

    /// <summary>How long the first retry waits; each one after waits twice as long. 100 ms unless told.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait before a retry; 10 s unless told.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What becomes of a message whose retries are used up, or that cannot be deserialized. The host stops unless told.</summary>
    public ErrorAction OnError { get; set; }

    /// <summary>
    /// Where messages go under <see cref="ErrorAction.DeadLetter"/>; null, unless told, for the topic's name and <c>.dead</c>. A topic of which nobody says how it is
    /// made has twice the capacity of the handler's (256 KiB at least), and 16 publishers; one that is there is taken as it is.
    /// </summary>
    public string? DeadLetterTopic { get; set; }

    /// <summary>The name under which a broadcast keeps this handler's place while nobody handles; null, unless told, for none.</summary>
    public string? Place { get; set; }

    /// <summary>Where a handler of a broadcast begins that has no place kept. With what comes, unless told.</summary>
    public JoinAt JoinAt { get; set; }
}
