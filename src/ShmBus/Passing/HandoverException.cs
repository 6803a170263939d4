namespace ShmBus.Passing;

/// <summary>
/// The other side of a hand-over did not keep to it: it sent what is no message, or what does not belong there. The connection cannot
/// be used any more; nothing that came with it was kept.
/// </summary>
public sealed class HandoverException : IOException
{
    internal HandoverException(string problem)
        : base($"The hand-over failed: {problem}. Check that a RegionServer and a RegionClient of ShmBus are at the two ends.")
    {
    }
}
