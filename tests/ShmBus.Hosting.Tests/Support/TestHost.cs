using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ShmBus.Hosting.Tests.Support;

/// <summary>A host of this process, on a bus that it may share with others.</summary>
internal static class TestHost
{
    /// <summary>Starts a host on a bus of this process.</summary>
    internal static Task<IHost> StartAsync(Bus bus, Action<ShmBusBuilder> configure, Action<HostApplicationBuilder>? more = null) =>
        StartAsync(Build(builder => configure(builder.UseInProcess(bus)), more));

    /// <summary>Starts a host on the bus in a directory.</summary>
    internal static Task<IHost> StartAsync(string directory, Action<ShmBusBuilder> configure, Action<HostApplicationBuilder>? more = null) =>
        StartAsync(Build(builder => configure(builder.Configure(options => options.Directory = directory)), more));

    /// <summary>A host without the files, variables and signals of a real one.</summary>
    internal static IHost Build(Action<ShmBusBuilder> configure, Action<HostApplicationBuilder>? more = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddShmBus(configure);
        more?.Invoke(builder);
        return builder.Build();
    }

    private static async Task<IHost> StartAsync(IHost host)
    {
        await host.StartAsync();
        return host;
    }
}
