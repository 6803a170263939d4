using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Diagnostics;

/// <summary>A host whose handler meets, behind a message that it handles, one whose length somebody wrote over.</summary>
internal static class CorruptedTopic
{
    private const int LengthBeforePayload = 8;

    internal static async Task<IHost> StartAsync(TestDirectory directory, RecordedLog log)
    {
        using (Bus bus = Bus.Open(directory.Path))
        using (Topic topic = bus.OpenOrCreateTopic("orders"))
        using (Publisher publisher = topic.CreatePublisher())
        {
            byte[] payload = Encoding.UTF8.GetBytes($"order {Guid.NewGuid()}");
            publisher.TryPublish(payload);
            using FileStream file = new(topic.Path!, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            byte[] all = new byte[file.Length];
            await file.ReadExactlyAsync(all);
            file.Position = all.AsSpan().IndexOf(payload) - LengthBeforePayload;
            byte[] length = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(length, uint.MaxValue);
            await file.WriteAsync(length);
        }
        return await TestHost.StartAsync(
            directory.Path,
            static builder => builder.ConfigureTopic("orders", static topic => topic.ExpectsPeers = false).AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default),
            builder =>
            {
                builder.Logging.AddProvider(log);
                builder.Services.AddHealthChecks().AddShmBus();
            });
    }
}
