namespace ShmBus.Hosting.Connections;

/// <summary>Something that connects to a topic when the host starts.</summary>
internal interface IConnected
{
    /// <summary>Tries to connect, and goes on trying.</summary>
    void Start();
}

/// <summary>Something that has to be brought to an end before it leaves its topic.</summary>
internal interface ILeaving : IConnected
{
    /// <summary>Leaves the topic, when all services of the host have stopped.</summary>
    /// <param name="cancellationToken">The time to stop is over: leaves at once.</param>
    /// <returns>Completes when the topic was left.</returns>
    Task LeaveAsync(CancellationToken cancellationToken);
}
