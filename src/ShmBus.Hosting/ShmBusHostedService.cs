using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Connections;
using ShmBus.Hosting.Handling;

namespace ShmBus.Hosting;

/// <summary>
/// Connects before any service of the host starts, handles messages when all have started, stops handling before any stops, and leaves the topics when all
/// have stopped: so the order of registration does not matter.
/// </summary>
internal sealed class ShmBusHostedService(IServiceProvider services, Registrations registrations, DeadLetterOffice office) : IHostedLifecycleService
{
    private IConnected[] _all = [];

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _all = [.. registrations.All.Select(registration => (IConnected)registration.Resolve(services))];
        foreach (IConnected connected in _all)
        {
            connected.Start();
        }
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (IPump pump in _all.OfType<IPump>())
        {
            pump.Run();
        }
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.WhenAll(_all.OfType<IPump>().Select(pump => pump.StopAsync(cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_all.Select(connected => LeaveAsync(connected, cancellationToken))).ConfigureAwait(false);
        office.Dispose();
    }

    private static async Task LeaveAsync(IConnected connected, CancellationToken cancellationToken)
    {
        switch (connected)
        {
            case ILeaving leaving:
                await leaving.LeaveAsync(cancellationToken).ConfigureAwait(false);
                break;
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }
}
