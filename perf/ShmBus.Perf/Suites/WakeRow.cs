using System.Text.Json.Serialization;

namespace ShmBus.Perf.Suites;

/// <summary>
/// One round of the wake suite. Times are one way, from before the message was written until the woken reader had it. Idle figures
/// are those of a process a second: of the one that waits, and of the one that would send.
/// </summary>
internal sealed record WakeRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("transport")] string Transport,
    [property: JsonPropertyName("wait")] string Wait,
    [property: JsonPropertyName("size")] int Size,
    [property: JsonPropertyName("gap_ms")] double GapMilliseconds,
    [property: JsonPropertyName("round")] int Round,
    [property: JsonPropertyName("messages")] long Messages,
    [property: JsonPropertyName("p50_ns")] double P50,
    [property: JsonPropertyName("p90_ns")] double P90,
    [property: JsonPropertyName("p99_ns")] double P99,
    [property: JsonPropertyName("p999_ns")] double P999,
    [property: JsonPropertyName("p9999_ns")] double P9999,
    [property: JsonPropertyName("max_ns")] double Maximum,
    [property: JsonPropertyName("mean_ns")] double Mean,
    [property: JsonPropertyName("cpu_ns")] double Cpu,
    [property: JsonPropertyName("switches_per_message")] double Switches,
    [property: JsonPropertyName("idle_seconds")] double IdleSeconds,
    [property: JsonPropertyName("idle_cpu_us_per_s")] double IdleCpu,
    [property: JsonPropertyName("idle_switches_per_s")] double IdleSwitches,
    [property: JsonPropertyName("sender_idle_cpu_us_per_s")] double SenderIdleCpu,
    [property: JsonPropertyName("sender_idle_switches_per_s")] double SenderIdleSwitches);
