using ShmBus.Serialization;

namespace ShmBus;

/// <summary>
/// A topic keeps the contract of other messages than this process would publish or read there. Says both; no endpoint was made.
/// </summary>
public sealed class ContractMismatchException : InvalidOperationException
{
    internal ContractMismatchException(string path, MessageContract found, MessageContract given, string difference)
        : base($"The topic '{path}' is for other messages: {difference}. It keeps '{found}'; this process came with '{given}'. " +
            "Use the same type on all sides, where all that may differ are members that the other side can do without; or take another topic, or delete this one first.")
    {
        Found = found;
        Given = given;
    }

    /// <summary>What the topic keeps: the members of all who were there.</summary>
    public MessageContract Found { get; }

    /// <summary>What this process came with.</summary>
    public MessageContract Given { get; }
}
