using ShmBus.Passing;

namespace ShmBus;

/// <summary>A <see cref="RegionServer"/> did not grant what was asked for. Says why; the reason is the server's own word.</summary>
public sealed class RegionRefusedException : IOException
{
    internal RegionRefusedException(string address, string reason)
        : base($"The server at '{address}' refused: {Show(reason)}.")
    {
        Reason = Show(reason);
    }

    /// <summary>The server's reason, short and without control characters.</summary>
    public string Reason { get; }

    // A sentence, in which the server shows two texts of this side's and its own.
    private static string Show(string reason) => HandoverMessage.Show(reason, longest: 400);
}
