using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ShmBus.Hosting.Tests.Support;

internal static class HostExtensions
{
    internal static IMessagePublisher<T> Publisher<T>(this IHost host) => host.Services.GetRequiredService<IMessagePublisher<T>>();

    internal static async Task PublishAllAsync(this IMessagePublisher<string> publisher, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            await publisher.PublishAsync($"{i}");
        }
    }

    /// <summary>Stops a host whose time to stop is over at once.</summary>
    internal static Task StopNowAsync(this IHost host) => host.StopAsync(new CancellationToken(canceled: true));
}
