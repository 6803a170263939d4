using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Serialization;

namespace ShmBus.Hosting.TestPeer;

/// <summary><c>publish DIRECTORY TOPIC COUNT</c>: a host that publishes the numbers below COUNT as text, says "published", and stops when its input ends.</summary>
internal static class PublishCommand
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddShmBus(bus => bus.Configure(options => options.Directory = arguments[0]).AddPublisher(arguments[1], MessageSerializer.Utf8));
        using IHost host = builder.Build();
        await host.StartAsync();
        IMessagePublisher<string> publisher = host.Services.GetRequiredService<IMessagePublisher<string>>();
        for (int i = 0; i < int.Parse(arguments[2], CultureInfo.InvariantCulture); i++)
        {
            await publisher.PublishAsync(i.ToString(CultureInfo.InvariantCulture));
        }
        Console.WriteLine("published");
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
        return 0;
    }
}
