using System.Text.Json.Serialization;

namespace ShmBus.Perf.Suites;

/// <summary>One round of the throughput suite, as the receiver saw it.</summary>
internal sealed record ThroughputRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("transport")] string Transport,
    [property: JsonPropertyName("wait")] string Wait,
    [property: JsonPropertyName("size")] int Size,
    [property: JsonPropertyName("producers")] int Producers,
    [property: JsonPropertyName("round")] int Round,
    [property: JsonPropertyName("messages")] ulong Messages,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("messages_per_s")] double MessagesPerSecond,
    [property: JsonPropertyName("bytes_per_s")] double BytesPerSecond);
