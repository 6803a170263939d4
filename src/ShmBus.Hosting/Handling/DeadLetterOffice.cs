using ShmBus.Hosting.Connections;

namespace ShmBus.Hosting.Handling;

/// <summary>The publishers to dead-letter topics: one for each, whoever needs it.</summary>
internal sealed class DeadLetterOffice(BusServices services) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HostedPublisher<DeadLetter>> _publishers = new(StringComparer.Ordinal);
    private bool _isDisposed;

    internal HostedPublisher<DeadLetter> To(string topic)
    {
        lock (_lock)
        {
            if (!_publishers.TryGetValue(topic, out HostedPublisher<DeadLetter>? publisher))
            {
                _publishers.Add(topic, publisher = new HostedPublisher<DeadLetter>(topic, DeadLetter.Serializer, services));
                if (_isDisposed)
                {
                    publisher.Dispose();
                }
            }
            return publisher;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (HostedPublisher<DeadLetter> publisher in _publishers.Values)
            {
                publisher.Dispose();
            }
        }
    }
}
