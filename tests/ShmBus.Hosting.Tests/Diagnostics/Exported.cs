using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ShmBus.Hosting.Tests.Diagnostics;

/// <summary>Spans as OpenTelemetry's SDK exports them, of the source that users are told to add.</summary>
internal sealed class ExportedSpans : BaseExporter<Activity>
{
    private readonly ConcurrentQueue<Activity> _spans = [];
    private readonly TracerProvider _provider;
    private bool _isDisposed;

    internal ExportedSpans(params string[] others) => _provider = Sdk.CreateTracerProviderBuilder()
        .AddSource(ShmBusTelemetry.ActivitySourceName)
        .AddSource(others)
        .AddProcessor(new SimpleActivityExportProcessor(this))
        .Build();

    internal Activity[] All => [.. _spans];

    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (Activity span in batch)
        {
            _spans.Enqueue(span);
        }
        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        // The provider disposes its exporter in its turn.
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            _provider.Dispose();
        }
        base.Dispose(disposing);
    }
}

/// <summary>Figures as OpenTelemetry's SDK exports them, of the meter that users are told to add.</summary>
internal sealed class ExportedMetrics : BaseExporter<Metric>
{
    private readonly List<ExportedPoint> _points = [];
    private readonly MeterProvider _provider;
    private bool _isDisposed;

    internal ExportedMetrics() => _provider = Sdk.CreateMeterProviderBuilder()
        .AddMeter(ShmBusTelemetry.MeterName)
        .AddReader(new BaseExportingMetricReader(this))
        .Build();

    /// <summary>What all instruments say now.</summary>
    internal IReadOnlyList<ExportedPoint> Collect()
    {
        lock (_points)
        {
            _points.Clear();
            _provider.ForceFlush();
            return [.. _points];
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (Metric metric in batch)
        {
            foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
            {
                double value = metric.MetricType switch
                {
                    MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
                    MetricType.LongGauge => point.GetGaugeLastValueLong(),
                    MetricType.Histogram => point.GetHistogramCount(),
                    _ => throw new NotSupportedException($"{metric.Name} is a {metric.MetricType}."),
                };
                List<string> tags = [];
                foreach (KeyValuePair<string, object?> tag in point.Tags)
                {
                    tags.Add(string.Create(CultureInfo.InvariantCulture, $"{tag.Key}={tag.Value}"));
                }
                tags.Sort(StringComparer.Ordinal);
                _points.Add(new ExportedPoint(metric.Name, metric.MetricType, metric.Unit, string.Join(' ', tags), value));
            }
        }
        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        // The provider disposes its exporter in its turn.
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            _provider.Dispose();
        }
        base.Dispose(disposing);
    }
}

/// <summary>One line of what was exported.</summary>
internal sealed record ExportedPoint(string Name, MetricType Type, string Unit, string Tags, double Value);
