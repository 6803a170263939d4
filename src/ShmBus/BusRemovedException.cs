namespace ShmBus;

/// <summary>
/// The directory of a bus was removed, or another stands in its place: processes that come later do not meet those who have the old
/// one open. systemd does this at logout (<c>RemoveIPC</c>).
/// </summary>
public sealed class BusRemovedException : IOException
{
    internal BusRemovedException(string path)
        : base($"The directory '{path}' of this bus was removed, or another stands in its place. Open the bus anew, and its topics with it; " +
            "if it was at a logout, set RemoveIPC=no in logind.conf, or use a directory of your own.")
    {
        Path = path;
    }

    /// <summary>The directory.</summary>
    public string Path { get; }
}
