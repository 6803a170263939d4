namespace ShmBus.MessagePack;

/// <summary>The data are no MessagePack, or other MessagePack than was asked for. The reader stands where it stood before.</summary>
public sealed class MessagePackException : Exception
{
    /// <summary>For what reads a type of its own.</summary>
    /// <param name="position">Where the value begins that could not be read, in bytes from the beginning of the data.</param>
    /// <param name="expected">What should have stood there.</param>
    /// <param name="found">What stood there.</param>
    public MessagePackException(int position, string expected, string found)
        : base($"At byte {position}: expected {expected}, found {found}.")
    {
        Position = position;
        Expected = expected;
        Found = found;
    }

    /// <summary>Where the value begins that could not be read, in bytes from the beginning of the data.</summary>
    public int Position { get; }

    /// <summary>What should have stood there.</summary>
    public string Expected { get; }

    /// <summary>What stood there.</summary>
    public string Found { get; }
}
