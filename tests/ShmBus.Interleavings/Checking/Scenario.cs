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

    /// <summary>A queue unless told.</summary>
    internal RingRules Rules { get; init; }

    /// <summary>A slot for each.</summary>
    internal Reader[] Subscribers { get; init; } = [new Reader()];

    internal bool AtMostOnce { get; init; }

    /// <summary>Subscribers read in runs instead of one by one.</summary>
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

/// <summary>The subscriber of a slot.</summary>
internal sealed record Reader
{
    /// <summary>Where it begins, unless it goes on at a place.</summary>
    internal RingStart Start { get; init; }

    /// <summary>It comes while the others are at work. Otherwise it is there before.</summary>
    internal bool Joins { get; init; }

    /// <summary>Its place is kept.</summary>
    internal bool IsKept { get; init; }

    /// <summary>How many messages it reads before it leaves; 0: it stays.</summary>
    internal int Leaves { get; init; }

    /// <summary>Another one comes when it was killed.</summary>
    internal bool HasSuccessor { get; init; } = true;
}
