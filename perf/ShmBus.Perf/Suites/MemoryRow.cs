using System.Text.Json.Serialization;

namespace ShmBus.Perf.Suites;

/// <summary>
/// One round of the memory suite: of two processes that send messages there and back, what each has after that, and by how much
/// that is more than before it had the channel. The peer is new in each round; main is not, so of it only the growth is told.
/// </summary>
internal sealed record MemoryRow(
    [property: JsonPropertyName("suite")] string Suite,
    [property: JsonPropertyName("transport")] string Transport,
    [property: JsonPropertyName("wait")] string Wait,
    [property: JsonPropertyName("size")] int Size,
    [property: JsonPropertyName("capacity")] int Capacity,
    [property: JsonPropertyName("round")] int Round,
    [property: JsonPropertyName("messages")] long Messages,
    [property: JsonPropertyName("resident_bytes")] long Resident,
    [property: JsonPropertyName("private_bytes")] long Private,
    [property: JsonPropertyName("managed_bytes")] long Managed,
    [property: JsonPropertyName("resident_growth_bytes")] long ResidentGrowth,
    [property: JsonPropertyName("managed_growth_bytes")] long ManagedGrowth,
    [property: JsonPropertyName("shared_mapped_growth_bytes")] long SharedMappedGrowth,
    [property: JsonPropertyName("allocated_bytes_per_message")] double Allocated,
    [property: JsonPropertyName("main_resident_growth_bytes")] long MainResidentGrowth,
    [property: JsonPropertyName("main_managed_growth_bytes")] long MainManagedGrowth,
    [property: JsonPropertyName("main_shared_mapped_growth_bytes")] long MainSharedMappedGrowth,
    [property: JsonPropertyName("main_allocated_bytes_per_message")] double MainAllocated);
