using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ShmBus.Hosting.Tests.Diagnostics;

/// <summary>Keeps what this package logs.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = [];

    /// <summary>The lines of one event.</summary>
    internal LogLine[] Of(int id) => [.. _lines.Where(line => line.Id == id)];

    internal void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

    public void Dispose() { }

    private sealed class Logger(string category, ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (category == ShmBusTelemetry.LogCategoryName)
            {
                lines.Enqueue(new LogLine(eventId.Id, logLevel, formatter(state, exception), exception));
            }
        }
    }
}

/// <summary>What was logged once.</summary>
internal sealed record LogLine(int Id, LogLevel Level, string Text, Exception? Exception);
