using System.Text.Json.Serialization;
using ShmBus.Tool.Bench;
using ShmBus.Tool.Commands;

namespace ShmBus.Tool.Output;

/// <summary>The JSON that commands write. Its names are a part of what scripts rely on: they are added to, and not changed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CreateReport))]
[JsonSerializable(typeof(InspectReport))]
[JsonSerializable(typeof(LsReport))]
[JsonSerializable(typeof(MovedReport))]
[JsonSerializable(typeof(RecordReport))]
[JsonSerializable(typeof(ReplayReport))]
[JsonSerializable(typeof(RmReport))]
[JsonSerializable(typeof(TopReport))]
[JsonSerializable(typeof(VersionReport))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class ToolJson : JsonSerializerContext;
