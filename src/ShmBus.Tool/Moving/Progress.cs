using System.Diagnostics;
using System.Globalization;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Moving;

/// <summary>How far a command is: on standard error, if that is a terminal, and only when it takes long. Counts in any case.</summary>
internal sealed class Progress(ToolContext context, string verb) : IDisposable
{
    private const long FirstMilliseconds = 1000;
    private const long StepMilliseconds = 250;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _shownAt = FirstMilliseconds - StepMilliseconds;
    private long _shownBytes;
    private bool _isShown;

    internal long Messages { get; private set; }

    internal long Bytes { get; private set; }

    /// <summary>The bytes that will be, or 0.</summary>
    internal long Total { get; init; }

    internal double Seconds => _clock.Elapsed.TotalSeconds;

    internal void Add(int bytes)
    {
        Messages++;
        Bytes += bytes;
        if ((Messages & 63) == 0 || bytes >= 4096)
        {
            Show();
        }
    }

    /// <summary>Shows it again, if it is time; with what it waits for, if it does.</summary>
    internal void Show(string? waitsFor = null)
    {
        long now = _clock.ElapsedMilliseconds;
        if (now - _shownAt < StepMilliseconds || Console.IsErrorRedirected)
        {
            return;
        }
        double rate = (Bytes - _shownBytes) / ((now - _shownAt) / 1000.0);
        string percent = Total > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({100.0 * Bytes / Total:0} %)") : "";
        string text = $"{verb} {Humans.Count(Messages)} messages, {Humans.Bytes(Bytes)}B{percent}, {Humans.Bytes((long)rate)}B/s{(waitsFor is null ? "" : "; waits for " + waitsFor)}";
        context.Error.Write($"\r{text}\e[K");
        (_shownAt, _shownBytes, _isShown) = (now, Bytes, true);
    }

    /// <summary>Says something in a line of its own, terminal or not.</summary>
    internal void Say(string text)
    {
        Dispose();
        context.Error.WriteLine(text);
    }

    public void Dispose()
    {
        if (_isShown)
        {
            context.Error.Write("\r\e[K");
            _isShown = false;
        }
    }
}
