using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ShmBus.Hosting.Tests.Support;

/// <summary>What the bus of a host has logged.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<LogLine> _lines = [];

    internal IEnumerable<LogLine> Lines => _lines;

    internal void Capture(HostApplicationBuilder builder) => builder.Logging.AddProvider(this);

    internal bool Has(string name) => _lines.Any(line => line.Name == name);

    internal LogLine Last(string name) => _lines.Last(line => line.Name == name);

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("ShmBus", StringComparison.Ordinal) ? this : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(new LogLine(eventId.Name ?? "", formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>> ?? [], exception));

    public void Dispose()
    {
    }
}

internal sealed record LogLine(string Name, string Text, IReadOnlyList<KeyValuePair<string, object?>> State, Exception? Exception)
{
    internal object? this[string key] => State.First(pair => pair.Key == key).Value;
}
