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
                string path = Path.Combine(arguments[0], $"torture-{rounds}");
                using TortureRound round = new(path, Random.Shared.Next(), options, peers, interrupted.Token);
                options = options with { Pause = TimeSpan.Zero }; // the first only
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
        string minutes = clock.Elapsed.TotalMinutes.ToString("f1", CultureInfo.InvariantCulture);
        Console.WriteLine($"{rounds} rounds in {minutes} minutes: {total}; 0 violations");
        return 0;

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }
}
