using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Handling;

internal sealed class TwoProcessesTests
{
    [Test]
    public async Task What_a_host_publishes_another_handles()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("publish", directory.Path, "numbers", 10_000);
        ConcurrentQueue<string> handled = [];
        using IHost host = await TestHost.StartAsync(directory.Path, builder => builder.AddHandler("numbers", MessageSerializer.Utf8, (_, message, _, _) =>
        {
            handled.Enqueue(message);
            return default;
        }));
        peer.Expect("published");
        Until.True(() => handled.Count == 10_000);
        Assert.That(handled, Is.EqualTo(Enumerable.Range(0, 10_000).Select(static i => i.ToString(CultureInfo.InvariantCulture))));
        peer.CloseInput();
        Assert.That(peer.ExitCode(), Is.Zero);
        await host.StopAsync();
    }
}
