namespace ShmBus.Interleavings.Checking;

/// <summary>Who does what, and how far the scheduler goes.</summary>
internal sealed record Scenario
{
    /// <summary>What each publisher publishes: a slot for each.</summary>
    internal required Publication[][] Publishers { get; init; }

    /// <summary>What the next owner of a slot publishes when a publisher was killed; null for none.</summary>
    internal Publication[]? Successor { get; init; }

    /// <summary>What the first publisher has published when the schedule begins.</summary>
    internal Publication[] Before { get; init; } = [];

    internal bool AtMostOnce { get; init; }

    /// <summary>The subscriber reads in runs instead of one by one.</summary>
    internal bool Polls { get; init; }

    /// <summary>How far before the end of the data area the first claim begins.</summary>
    internal int BeforeEnd { get; init; }

    /// <summary>How often the turn may be taken from one that could go on.</summary>
    internal int Preemptions { get; init; } = 2;

    /// <summary>How many actors may be killed, each at any of its steps.</summary>
    internal int Kills { get; init; } = 1;

    internal Fault Fault { get; init; }

    /// <summary>The capacity: the least that there is.</summary>
    internal static int Capacity => Environment.SystemPageSize;
}
