using System.Globalization;

namespace ShmBus.TestPeer;

/// <summary>
/// MINUTES DIRECTORY: rounds of <see cref="SoakRound"/> until the minutes are over, each with its figures. Ends with 1 at the first
/// violation, with 130 when it was interrupted.
/// </summary>
internal static class SoakCommand
{
    internal static int Run(string[] arguments)
    {
        SoakFigures total = default;
        return Rounds.Run(
            TimeSpan.FromMinutes(double.Parse(arguments[0], CultureInfo.InvariantCulture)),
            (number, interrupted) =>
            {
                using SoakRound round = new(Path.Combine(arguments[1], $"topic-{number}"), interrupted);
                Console.Write($"round {number}: {round.Description}: ");
                SoakFigures figures = round.Run();
                Console.WriteLine(figures);
                total += figures;
            },
            () => total.ToString());
    }
}

/// <summary>What went on in a round, or in all of them.</summary>
internal readonly record struct SoakFigures(long Messages, long Bytes, long Stops, long Kills, long Losses)
{
    public static SoakFigures operator +(SoakFigures a, SoakFigures b) =>
        new(a.Messages + b.Messages, a.Bytes + b.Bytes, a.Stops + b.Stops, a.Kills + b.Kills, a.Losses + b.Losses);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Messages:n0} messages, {Bytes:n0} bytes, {Stops:n0} stops, {Kills:n0} kills, {Losses:n0} open claims lost");
}
