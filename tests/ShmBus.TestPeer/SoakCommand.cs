using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>
/// MINUTES DIRECTORY: rounds of <see cref="SoakRound"/> until the minutes are over, each with its figures. Ends with 1 at the first
/// violation, with 130 when it was interrupted.
/// </summary>
internal static class SoakCommand
{
    internal static int Run(string[] arguments)
    {
        TimeSpan limit = TimeSpan.FromMinutes(double.Parse(arguments[0], CultureInfo.InvariantCulture));
        using CancellationTokenSource interrupted = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        SoakFigures total = default;
        int rounds = 0;
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            while (rounds == 0 || clock.Elapsed < limit)
            {
                rounds++;
                using SoakRound round = new(Path.Combine(arguments[1], $"topic-{rounds}"), interrupted.Token);
                Console.Write($"round {rounds}: {round.Description}: ");
                SoakFigures figures = round.Run();
                Console.WriteLine(figures);
                total += figures;
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("interrupted");
            return 130;
        }
        catch (Exception exception) when (exception is SoakException or InvalidDataException or InvalidOperationException)
        {
            Console.WriteLine();
            Console.WriteLine($"VIOLATION: {exception.Message}");
            return 1;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds in {clock.Elapsed.TotalMinutes:f1} minutes: {total}; no violation"));
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

/// <summary>What went on in a round, or in all of them.</summary>
internal readonly record struct SoakFigures(long Messages, long Bytes, long Stops, long Kills, long Losses)
{
    public static SoakFigures operator +(SoakFigures a, SoakFigures b) =>
        new(a.Messages + b.Messages, a.Bytes + b.Bytes, a.Stops + b.Stops, a.Kills + b.Kills, a.Losses + b.Losses);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Messages:n0} messages, {Bytes:n0} bytes, {Stops:n0} stops, {Kills:n0} kills, {Losses:n0} open claims lost");
}
