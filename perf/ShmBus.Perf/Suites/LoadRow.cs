using System.Text.Json.Serialization;

namespace ShmBus.Perf.Suites;

/// <summary>One round of the load suite. Times are one way, from when each message ought to have been sent until it was there.</summary>
internal sealed record LoadRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("transport")] string Transport,
    [property: JsonPropertyName("wait")] string Wait,
    [property: JsonPropertyName("size")] int Size,
    [property: JsonPropertyName("rate")] int Rate,
    [property: JsonPropertyName("capacity")] int Capacity,
    [property: JsonPropertyName("round")] int Round,
    [property: JsonPropertyName("messages")] long Messages,
    [property: JsonPropertyName("messages_per_s")] double MessagesPerSecond,
    [property: JsonPropertyName("rate_held")] bool IsRateHeld,
    [property: JsonPropertyName("p50_ns")] double P50,
    [property: JsonPropertyName("p90_ns")] double P90,
    [property: JsonPropertyName("p99_ns")] double P99,
    [property: JsonPropertyName("p999_ns")] double P999,
    [property: JsonPropertyName("p9999_ns")] double P9999,
    [property: JsonPropertyName("max_ns")] double Maximum,
    [property: JsonPropertyName("mean_ns")] double Mean,
    [property: JsonPropertyName("receiver_cpu_ns")] double ReceiverCpu);
