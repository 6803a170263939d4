using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Serialization;

namespace ShmBus.Hosting.TestPeer;

/// <summary><c>handle DIRECTORY TOPIC CONCURRENCY</c>: a host that says each message it has handled, until it is killed.</summary>
internal static class HandleCommand
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddShmBus(bus => bus.Configure(options => options.Directory = arguments[0]).AddHandler(
            arguments[1], MessageSerializer.Utf8,
            static (_, message, _, _) =>
            {
                Console.WriteLine(message);
                return default;
            },
            settings => settings.Concurrency = int.Parse(arguments[2], CultureInfo.InvariantCulture)));
        await builder.Build().RunAsync();
        return 0;
    }
}
