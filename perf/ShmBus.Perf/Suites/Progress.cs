using System.Diagnostics;
using System.Globalization;

namespace ShmBus.Perf.Suites;

/// <summary>
/// Tells whoever waits how far a run is. On a terminal one line that is written over; else a line for each round.
/// </summary>
internal sealed class Progress(string suite, int rounds, int stepsOfRound)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private int _done;

    /// <summary>The next step begins.</summary>
    public void Begin(int round, string step)
    {
        string left = _done == 0 ? "" : $", {Text(Stopwatch.GetElapsedTime(_start) / _done * (rounds * stepsOfRound - _done))} to go";
        if (_isTerminal)
            // Back to the line's beginning, and what is left of the last one goes.
            Console.Error.Write($"\r\e[K{suite}: round {round} of {rounds}, {step} ({_done + 1} of {rounds * stepsOfRound}{left})");
        else if (_done % stepsOfRound == 0)
            Console.Error.WriteLine($"{suite}: round {round} of {rounds}{left}");
        _done++;
    }

    public void End()
    {
        if (_isTerminal)
            Console.Error.Write("\r\e[K");
    }

    private static string Text(TimeSpan time) => time.TotalSeconds < 100
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min");
}
