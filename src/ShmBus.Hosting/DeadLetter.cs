using ShmBus.Hosting.Handling;
using ShmBus.Serialization;

namespace ShmBus.Hosting;

/// <summary>A message that could not be handled, and why: what stands in a dead-letter topic (<see cref="HandlerSettings.DeadLetterTopic"/>).</summary>
/// <remarks>It carries what the message carried besides: time, correlation and trace.</remarks>
public sealed record DeadLetter
{
    /// <summary>How dead letters become bytes: <c>AddHandler("orders.dead", DeadLetter.Serializer, ...)</c> reads them.</summary>
    public static IMessageSerializer<DeadLetter> Serializer { get; } = new DeadLetterSerializer();

    /// <summary>The topic in which it was.</summary>
    public required string Topic { get; init; }

    /// <summary>The name of the handler that gave it up.</summary>
    public required string Handler { get; init; }

    /// <summary>Its position there.</summary>
    public long Position { get; init; }

    /// <summary>The type id that the publisher gave it.</summary>
    public uint Type { get; init; }

    /// <summary>How often it was tried; 0 for one that could not be deserialized.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was given up.</summary>
    public DateTimeOffset FailedAt { get; init; }

    /// <summary>The type of the last exception.</summary>
    public required string ErrorType { get; init; }

    /// <summary>The text of the last exception, at most 1,024 characters of it.</summary>
    public required string ErrorMessage { get; init; }

    /// <summary>Its bytes, as they were published.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}
