namespace ShmBus.Perf.Reporting;

/// <summary>How a transport looks in every chart: a colour for each family, and a dash and a marker for each of it.</summary>
internal static class Style
{
    private const int Colours = 8;

    private static readonly string[][] s_families =
    [
        ["floor", "floor-futex", "floor-stream", "floor-cas", "mmap-view"],
        ["shmbus"],
        ["pipe2", "pipe-anonymous", "pipe-named", "fifo", "fifo-batched"],
        ["unix-stream", "unix-seqpacket", "unix-datagram", "unix-stream-batched"],
        ["mqueue", "eventfd", "mmap-semaphore"],
        ["zeromq", "write-read", "pwrite-pread"],
        ["http2", "filestream"],
        ["tcp"],
    ];

    private static readonly Dictionary<string, (int Colour, int Kind)> s_known = s_families
        .SelectMany((family, colour) => family.Select((name, kind) => (name, colour, kind)))
        .ToDictionary(transport => transport.name, transport => (transport.colour, transport.kind));

    /// <summary>Classes of its line and of its markers, and the number of its marker.</summary>
    public static (string Classes, int Marker) Of(string name, int position)
    {
        // The kinds of ShmBus stand by themselves in their charts, so they take the others' colours in turn.
        (int colour, int kind) = s_known.TryGetValue(name, out (int, int) known) ? known : (2 + position % (Colours - 2), 1 + position / (Colours - 2));
        return ($"c{colour} d{kind}{(name == "shmbus" ? " own" : "")}", kind);
    }
}
