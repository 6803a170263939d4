using System.Text.Json.Serialization;

namespace ShmBus.Perf.Suites;

/// <summary>
/// One pass over a file of the files suite. What its time holds besides is told by itself: opening and mapping before it (setup),
/// and syncing after it. Page faults are those of the pass, setup's beside them.
/// </summary>
internal sealed record FilesRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("transport")] string Method,
    [property: JsonPropertyName("place")] string Place,
    [property: JsonPropertyName("filesystem")] string FileSystem,
    [property: JsonPropertyName("size")] int Chunk,
    [property: JsonPropertyName("touch")] string Touch,
    [property: JsonPropertyName("sync")] string Sync,
    [property: JsonPropertyName("pass")] string Pass,
    [property: JsonPropertyName("round")] int Round,
    [property: JsonPropertyName("bytes")] long Bytes,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("bytes_per_s")] double BytesPerSecond,
    [property: JsonPropertyName("chunk_ns")] double ChunkNanoseconds,
    [property: JsonPropertyName("setup_us")] double SetupMicroseconds,
    [property: JsonPropertyName("sync_us")] double SyncMicroseconds,
    [property: JsonPropertyName("minor_faults")] long MinorFaults,
    [property: JsonPropertyName("major_faults")] long MajorFaults,
    [property: JsonPropertyName("setup_minor_faults")] long SetupMinorFaults,
    [property: JsonPropertyName("setup_major_faults")] long SetupMajorFaults);
