namespace ShmBus;

/// <summary>A message, with its extras, is longer than a quarter of its topic's ring.</summary>
public sealed class MessageTooLongException : ArgumentException
{
    internal MessageTooLongException(int length, int extrasLength, int maxLength)
        : base($"The message has {length} bytes{(extrasLength == 0 ? "" : $", and its extras {extrasLength}")}; this topic takes at most {maxLength}{(extrasLength == 0 ? "" : " together")}, a quarter of its capacity. Create the topic with a larger Capacity, or send the message in parts.")
    {
        Length = length;
        ExtrasLength = extrasLength;
        MaxLength = maxLength;
    }

    /// <summary>The bytes that were to be published.</summary>
    public int Length { get; }

    /// <summary>The bytes of its extras (<see cref="MessageExtras"/>), which count as well.</summary>
    public int ExtrasLength { get; }

    /// <summary>The most that the topic takes.</summary>
    public int MaxLength { get; }
}
