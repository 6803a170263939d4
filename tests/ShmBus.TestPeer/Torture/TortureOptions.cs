using System.Globalization;

namespace ShmBus.TestPeer.Torture;

/// <summary>How to torture.</summary>
/// <param name="Minutes">When to begin no further round.</param>
/// <param name="Publishers">How many processes of publishers.</param>
/// <param name="Round">How long a round takes at least.</param>
/// <param name="Pause">How long a publisher is stopped in the middle of a claim, once, in the first round; zero: not at all.</param>
/// <param name="LongestRest">Milliseconds between two things that are done to the processes, at most.</param>
internal sealed record TortureOptions(TimeSpan Minutes, int Publishers, TimeSpan Round, TimeSpan Pause, int LongestRest)
{
    /// <summary>However slow the machine is, a round goes on until so many were killed.</summary>
    internal int LeastPublisherKills => 20;

    internal int LeastSubscriberKills => 3;

    /// <summary>From --NAME VALUE pairs.</summary>
    internal static TortureOptions Parse(ReadOnlySpan<string> arguments)
    {
        TortureOptions options = new(TimeSpan.FromMinutes(5), 3, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), 40);
        for (; arguments.Length >= 2; arguments = arguments[2..])
        {
            double value = double.Parse(arguments[1], CultureInfo.InvariantCulture);
            options = arguments[0] switch
            {
                "--minutes" => options with { Minutes = TimeSpan.FromMinutes(value) },
                "--publishers" => options with { Publishers = (int)value },
                "--round" => options with { Round = TimeSpan.FromSeconds(value) },
                "--pause" => options with { Pause = TimeSpan.FromSeconds(value) },
                "--rest" => options with { LongestRest = (int)value },
                string other => throw new SoakException($"there is no option '{other}'"),
            };
        }
        return options;
    }
}
