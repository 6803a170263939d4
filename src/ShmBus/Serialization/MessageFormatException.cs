namespace ShmBus.Serialization;

/// <summary>A message is not what its type expects: it was damaged, or written by somebody who does not keep to the topic's contract.</summary>
public sealed class MessageFormatException : FormatException
{
    internal MessageFormatException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
