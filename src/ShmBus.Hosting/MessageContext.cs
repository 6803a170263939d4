namespace ShmBus.Hosting;

/// <summary>Where a message came from, and what it carries besides its content.</summary>
public readonly record struct MessageContext
{
    /// <summary>The name of its topic.</summary>
    public required string Topic { get; init; }

    /// <summary>Its position in the ring, in bytes: one message has the same one whenever it is delivered, and no other in its topic (or lane) has it.</summary>
    public long Position { get; init; }

    /// <summary>The type id that the publisher gave it; 0 if it gave none.</summary>
    public uint Type { get; init; }

    /// <summary>When it was published, by the publisher's clock; null if it does not say.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>What it belongs to, or answers; null if it does not say.</summary>
    public Guid? CorrelationId { get; init; }

    /// <summary>The how manieth try this is, from 1. What a process tried that died is not counted.</summary>
    public int Attempt { get; init; }
}
