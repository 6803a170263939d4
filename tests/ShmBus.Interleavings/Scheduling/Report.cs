namespace ShmBus.Interleavings.Scheduling;

/// <summary>What came of it.</summary>
/// <param name="Runs">How many schedules were run.</param>
/// <param name="Schedules">How many there are: the futures of states that were met again count each time.</param>
/// <param name="LongestRun">In steps.</param>
/// <param name="Violation">What went wrong; null if nothing did.</param>
/// <param name="Schedule">The schedule that did, for a replay.</param>
/// <param name="Trace">What happened in it, step by step.</param>
internal sealed record Report(int Runs, long Schedules, int LongestRun, string? Violation, string Schedule, IReadOnlyList<string> Trace)
{
    public override string ToString() => Violation is null
        ? $"{Schedules:N0} schedules of up to {LongestRun} steps, in {Runs:N0} runs"
        : $"{Violation}{Environment.NewLine}Found in run {Runs:N0}, schedule \"{Schedule}\":{Environment.NewLine}{string.Join(Environment.NewLine, Trace)}";
}
