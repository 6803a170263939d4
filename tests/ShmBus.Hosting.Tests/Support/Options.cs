using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ShmBus.Hosting.Tests.Support;

/// <summary>What a host makes of its options.</summary>
internal static class Options
{
    /// <summary>What the host says instead of starting, on a bus of its own that nobody opens.</summary>
    internal static IReadOnlyCollection<string> Failures(Action<ShmBusBuilder> configure, params (string Key, string? Value)[] configuration)
    {
        using IHost host = Build(configure, configuration);
        OptionsValidationException exception = Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())!;
        Assert.That(exception.OptionsType, Is.EqualTo(typeof(ShmBusOptions)));
        return [.. exception.Failures];
    }

    internal static ShmBusOptions Of(Action<ShmBusBuilder> configure, params (string Key, string? Value)[] configuration)
    {
        using IHost host = Build(configure, configuration);
        return host.Services.GetRequiredService<IOptions<ShmBusOptions>>().Value;
    }

    internal static IHost Build(Action<ShmBusBuilder> configure, params (string Key, string? Value)[] configuration) => TestHost.Build(
        builder => configure(builder.UseInProcess()),
        builder => builder.Configuration.AddInMemoryCollection(configuration.Select(static pair => KeyValuePair.Create($"ShmBus:{pair.Key}", pair.Value))));
}
