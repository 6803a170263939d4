namespace ShmBus.Hosting.Handling;

/// <summary>Something that runs from the start of the host to its end.</summary>
internal interface IPump : Connections.IConnected
{
    /// <summary>Begins to hand out messages.</summary>
    void Run();

    /// <summary>Takes no more messages, finishes what was begun, and leaves the topic.</summary>
    /// <param name="cancellationToken">The time to stop is over: what was not finished stays for the next start.</param>
    /// <returns>Completes when the topic was left.</returns>
    Task StopAsync(CancellationToken cancellationToken);
}
