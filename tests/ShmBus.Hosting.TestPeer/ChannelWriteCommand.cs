using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Serialization;

namespace ShmBus.Hosting.TestPeer;

/// <summary>
/// <c>channel-write DIRECTORY TOPIC COUNT</c>: a host that writes the numbers below COUNT as text to a channel with a local one in front, completes it, says
/// "written", and stops at once.
/// </summary>
internal static class ChannelWriteCommand
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddShmBus(bus => bus
            .Configure(options => options.Directory = arguments[0])
            .AddChannelWriter(arguments[1], MessageSerializer.Utf8, new TopicChannelOptions { LocalCapacity = 100 }));
        using IHost host = builder.Build();
        await host.StartAsync();
        ChannelWriter<string> writer = host.Services.GetRequiredService<ChannelWriter<string>>();
        for (int i = 0; i < int.Parse(arguments[2], CultureInfo.InvariantCulture); i++)
        {
            await writer.WriteAsync(i.ToString(CultureInfo.InvariantCulture));
        }
        writer.Complete();
        Console.WriteLine("written");
        await host.StopAsync();
        return 0;
    }
}
