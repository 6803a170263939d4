namespace ShmBus;

/// <summary>The writer of a channel, mostly in another process, completed it with an error. Its text is the message of this exception.</summary>
public sealed class RemoteWriterException : Exception
{
    internal RemoteWriterException(string errorType, string message) : base(message) => ErrorType = errorType;

    /// <summary>The full name of the type of the error, as the writer gave it. A name only: nothing of that type is made here.</summary>
    public string ErrorType { get; }
}
