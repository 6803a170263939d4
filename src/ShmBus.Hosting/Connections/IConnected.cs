namespace ShmBus.Hosting.Connections;

/// <summary>Something that connects to a topic when the host starts.</summary>
internal interface IConnected
{
    /// <summary>Tries to connect, and goes on trying.</summary>
    void Start();
}
