namespace ShmBus;

/// <summary>A message is longer than a quarter of its topic's ring.</summary>
public sealed class MessageTooLongException : ArgumentException
{
    internal MessageTooLongException(int length, int maxLength)
        : base($"The message has {length} bytes; this topic takes at most {maxLength}, a quarter of its capacity. Create the topic with a larger Capacity, or send the message in parts.")
    {
        Length = length;
        MaxLength = maxLength;
    }

    /// <summary>The bytes that were to be published.</summary>
    public int Length { get; }

    /// <summary>The most that the topic takes.</summary>
    public int MaxLength { get; }
}
