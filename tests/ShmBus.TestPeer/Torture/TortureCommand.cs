namespace ShmBus.TestPeer.Torture;

/// <summary>
/// DIRECTORY and the options of <see cref="TortureOptions"/>: rounds of <see cref="TortureRound"/>, each of a queue and then of a broadcast,
/// until the minutes are over, each with its figures. Ends with 1 at the first violation, with 130 when it was interrupted.
/// </summary>
internal static class TortureCommand
{
    internal static int Run(string[] arguments)
    {
        TortureOptions options = TortureOptions.Parse(arguments.AsSpan(1));
        TortureFigures queue = default;
        TortureFigures broadcast = default;
        using WarmPeers peers = new();
        return Rounds.Run(
            options.Minutes,
            (number, interrupted) =>
            {
                queue += RunRound(Delivery.Queue, number, interrupted);
                options = options with { Pause = TimeSpan.Zero }; // the first only
                broadcast += RunRound(Delivery.Broadcast, number, interrupted);
            },
            () => $"queue: {queue}; broadcast: {broadcast}");

        TortureFigures RunRound(Delivery delivery, int number, CancellationToken interrupted)
        {
            string path = Path.Combine(arguments[0], $"torture-{number}");
            using TortureRound round = new(path, delivery, Random.Shared.Next(), options, peers, interrupted);
            Console.Write($"round {number}: {round.Description}: ");
            TortureFigures figures = round.Run();
            Console.WriteLine(figures);
            return figures;
        }
    }
}
