using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>
/// MINUTES SEED DIRECTORY: rounds of <see cref="FuzzRounds"/> until the minutes are over; round after round the seed counts up. Ends
/// with 1 at the first violation and says its seed, with 130 when it was interrupted.
/// </summary>
internal static class FuzzCommand
{
    internal static int Run(string[] arguments)
    {
        TimeSpan limit = TimeSpan.FromMinutes(double.Parse(arguments[0], CultureInfo.InvariantCulture));
        int seed = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        using CancellationTokenSource interrupted = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        int rounds = 0;
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan lastReport = default;
        // On a busy machine a process could otherwise be at compiling a loop anew for seconds when it should stop.
        Environment.SetEnvironmentVariable("DOTNET_TC_QuickJitForLoops", "0");
        using FuzzRounds peers = new(arguments[2], interrupted.Token);
        try
        {
            Console.WriteLine($"from seed {seed} on");
            for (; rounds == 0 || clock.Elapsed < limit; rounds++)
            {
                peers.Run(seed + rounds);
                if (clock.Elapsed - lastReport > TimeSpan.FromSeconds(30))
                {
                    lastReport = clock.Elapsed;
                    Report();
                }
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("interrupted");
            return 130;
        }
        catch (SoakException exception)
        {
            Console.WriteLine($"VIOLATION with --seed {seed + rounds}: {exception.Message}");
            return 1;
        }
        Report();
        Console.WriteLine("no violation");
        return 0;

        void Report() => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rounds} rounds in {clock.Elapsed.TotalMinutes:f1} minutes: {peers.Total} peak={peers.PeakKilobytes}kB"));

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }
}
