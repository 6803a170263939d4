namespace ShmBus.Hosting.Connections;

/// <summary>All connections of a host: what health checks and instruments look at.</summary>
internal sealed class ConnectionList
{
    private readonly Lock _lock = new();
    private Connection[] _all = [];

    internal IReadOnlyList<Connection> All
    {
        get
        {
            lock (_lock)
            {
                return _all;
            }
        }
    }

    internal void Add(Connection connection)
    {
        lock (_lock)
        {
            _all = [.. _all, connection];
        }
    }
}
