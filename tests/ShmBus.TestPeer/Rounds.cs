using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>Round after round until a time is over, as the long-running commands do.</summary>
internal static class Rounds
{
    /// <summary>Runs one round at least. Ends with 1 at the first violation, with 130 when it was interrupted.</summary>
    /// <param name="limit">When to begin no more.</param>
    /// <param name="run">Runs the round of a number, from 1 on.</param>
    /// <param name="figures">What was seen in all rounds so far.</param>
    internal static int Run(TimeSpan limit, Action<int, CancellationToken> run, Func<string> figures)
    {
        using CancellationTokenSource interrupted = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        Stopwatch clock = Stopwatch.StartNew();
        int rounds = 0;
        try
        {
            do
            {
                run(++rounds, interrupted.Token);
            }
            while (clock.Elapsed < limit);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("interrupted");
            return 130;
        }
        catch (Exception exception) when (exception is SoakException or InvalidDataException or InvalidOperationException)
        {
            Console.WriteLine();
            Console.WriteLine($"VIOLATION in round {rounds}: {exception.Message}");
            return 1;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds in {clock.Elapsed.TotalMinutes:f1} minutes: {figures()}; no violation"));
        return 0;

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }
}

/// <summary>Something that must not happen happened.</summary>
internal sealed class SoakException(string message) : Exception(message);
