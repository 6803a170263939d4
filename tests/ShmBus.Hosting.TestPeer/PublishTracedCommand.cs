using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Trace;
using ShmBus.Serialization;

namespace ShmBus.Hosting.TestPeer;

/// <summary>
/// <c>publish-traced DIRECTORY TOPIC STATE</c>: a host that publishes one message within an activity of that trace state, writes the activity's traceparent, then the span that OpenTelemetry exports
/// (kind, trace, parent, span, trace state), and stops when its input ends.
/// </summary>
internal static class PublishTracedCommand
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        using SpanWriter writer = new();
        using TracerProvider provider = Sdk.CreateTracerProviderBuilder()
            .AddSource(ShmBusTelemetry.ActivitySourceName)
            .AddProcessor(new SimpleActivityExportProcessor(writer))
            .Build();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddShmBus(bus => bus.Configure(options => options.Directory = arguments[0]).AddPublisher(arguments[1], MessageSerializer.Utf8));
        using IHost host = builder.Build();
        await host.StartAsync();
        using (Activity activity = new Activity("work") { TraceStateString = arguments[2], ActivityTraceFlags = ActivityTraceFlags.Recorded }.SetIdFormat(ActivityIdFormat.W3C).Start())
        {
            Console.WriteLine(activity.Id);
            await host.Services.GetRequiredService<IMessagePublisher<string>>().PublishAsync("traced");
        }
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
        return 0;
    }

    private sealed class SpanWriter : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (Activity span in batch)
            {
                Console.WriteLine($"{span.Kind} {span.TraceId} {span.ParentSpanId} {span.SpanId} {span.TraceStateString}");
            }
            return ExportResult.Success;
        }
    }
}
