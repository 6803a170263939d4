using System.Reflection;

namespace ShmBus.Hosting;

/// <summary>The names under which this package can be observed.</summary>
public static class ShmBusTelemetry
{
    /// <summary>The <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "ShmBus";

    /// <summary>The <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "ShmBus";

    internal static string? Version { get; } = typeof(ShmBusTelemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
