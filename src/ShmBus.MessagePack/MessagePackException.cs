namespace ShmBus.MessagePack;

/// <summary>The data are no MessagePack, or other MessagePack than was asked for. The reader stands where it stood before.</summary>
public sealed class MessagePackException : Exception
{
    internal MessagePackException(int position, string expected, string found)
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
