using System.Text.Json.Serialization;

namespace ShmBus.Perf.Suites;

/// <summary>One round of the throughput suite, as the receiver saw it, or the slowest of several.</summary>
internal sealed record ThroughputRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("transport")] string Transport,
    [property: JsonPropertyName("wait")] string Wait,
    [property: JsonPropertyName("size")] int Size,
    [property: JsonPropertyName("producers")] int Producers,
    [property: JsonPropertyName("subscribers")] int Subscribers,
    [property: JsonPropertyName("capacity")] int Capacity,
    [property: JsonPropertyName("round")] int Round,
    [property: JsonPropertyName("messages")] ulong Messages,
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("messages_per_s")] double MessagesPerSecond,
    [property: JsonPropertyName("bytes_per_s")] double BytesPerSecond,
    [property: JsonPropertyName("cpu_ns")] double Cpu,
    [property: JsonPropertyName("sender_cpu_ns")] double SenderCpu,
    [property: JsonPropertyName("receiver_cpu_ns")] double ReceiverCpu);
