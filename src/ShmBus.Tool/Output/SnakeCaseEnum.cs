using System.Text.Json;
using System.Text.Json.Serialization;

namespace ShmBus.Tool.Output;

/// <summary>Writes the names of an enum as all names in the JSON: stuck_claim.</summary>
internal sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower) where T : struct, Enum;
