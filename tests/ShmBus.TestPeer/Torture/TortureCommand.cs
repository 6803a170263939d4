using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// DIRECTORY and the options of <see cref="TortureOptions"/>: rounds of <see cref="TortureRound"/> until the minutes are over, each with
/// its figures. Ends with 1 at the first violation, with 130 when it was interrupted.
/// </summary>
internal static class TortureCommand
{
    internal static int Run(string[] arguments)
    {
        using CancellationTokenSource interrupted = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        TortureOptions options = TortureOptions.Parse(arguments.AsSpan(1));
        TortureFigures total = default;
        int rounds = 0;
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            using WarmPeers peers = new();
            while (rounds == 0 || clock.Elapsed < options.Minutes)
            {
                rounds++;
                using TortureRound round = new(
                    Path.Combine(arguments[0], $"torture-{rounds}"), Random.Shared.Next(), rounds == 1 ? options : options with { Pause = TimeSpan.Zero }, peers, interrupted.Token);
                Console.Write($"round {rounds}: {round.Description}: ");
                TortureFigures figures = round.Run();
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
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds in {clock.Elapsed.TotalMinutes:f1} minutes: {total}; 0 violations"));
        return 0;

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }
}
