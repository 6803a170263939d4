using Microsoft.Extensions.Options;
using ShmBus.Native;

namespace ShmBus.Hosting.Connections;

/// <summary>The bus of the host, opened when it is first needed; as long as that does not succeed, each time.</summary>
internal sealed class HostedBus : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ShmBusOptions _options;
    private readonly bool _isOwn;
    private readonly bool _isInProcess;
    private Bus? _bus;
    private bool _isDisposed;

    /// <summary>With a bus that was given, or null.</summary>
    public HostedBus(IOptions<ShmBusOptions> options, Registrations registrations)
    {
        _options = options.Value;
        _bus = registrations.Bus;
        _isOwn = _bus is null;
        _isInProcess = registrations.IsInProcess;
    }

    internal Bus Open()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _bus ??= _isInProcess ? Bus.InProcess() : Bus.Open(_options.ToBusOptions());
        }
    }

    /// <summary>Opens a topic, or makes it. One of which nobody says how it is made is taken as it is, if it is there.</summary>
    internal Topic OpenTopic(string name)
    {
        TopicSettings settings = _options.TopicOf(name);
        Bus bus = Open();
        try
        {
            return (settings.IsUsual ? TryOpenTopic(bus, name, settings) : null) ?? bus.OpenOrCreateTopic(name, settings.ToOptions());
        }
        catch (BusRemovedException) when (_isOwn)
        {
            // The next try makes the directory anew.
            Forget(bus);
            throw;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            if (_isOwn)
            {
                _bus?.Dispose();
            }
        }
    }

    private static Topic? TryOpenTopic(Bus bus, string name, TopicSettings settings)
    {
        try
        {
            return bus.OpenTopic(name, settings.ToOptions());
        }
        catch (NotFoundErrnoException)
        {
            return null;
        }
    }

    private void Forget(Bus bus)
    {
        lock (_lock)
        {
            if (_bus == bus)
            {
                _bus = null;
                bus.Dispose();
            }
        }
    }
}
