using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings.Checking;

internal enum ReaderEvent
{
    /// <summary>One that has no place before begins at a position.</summary>
    Began,

    /// <summary>One goes on at the place of the last.</summary>
    WentOn,

    /// <summary>It got a message, by number.</summary>
    Got,

    /// <summary>It was told that it missed all below a position that it had not got.</summary>
    Missed,

    Killed,

    /// <summary>It left, or was evicted.</summary>
    Left,
}

/// <summary>What those who had a subscriber's slot, one after the other, were handed, and whether that is what they should have been.</summary>
internal sealed class ReaderLog(Scenario scenario)
{
    private readonly List<(ReaderEvent What, ulong Value)> _events = [];

    /// <summary>Where the last of them began or went on.</summary>
    internal ulong Start { get; private set; }

    internal void Clear() => _events.Clear();

    internal void Add(ReaderEvent what, ulong value = 0)
    {
        _events.Add((what, value));
        if (what is ReaderEvent.Began or ReaderEvent.WentOn)
        {
            Start = value;
        }
    }

    internal ulong Mix(ulong hash)
    {
        foreach ((ReaderEvent what, ulong value) in _events)
        {
            hash = Hash.Mix(Hash.Mix(hash, (ulong)what), value);
        }
        return hash;
    }

    /// <summary>
    /// From where one began: in the order of the positions, each once, but for the one in hand when a subscriber was killed, and what it
    /// was told to have missed. One that stays gets all.
    /// </summary>
    internal string? CheckDeliveries(IReadOnlyList<ClaimMade> claims)
    {
        (ulong Position, uint Number)[] committed =
            [.. claims.Where(static claim => claim.IsStamped).SelectMany(static claim => claim.Publication.Numbers.Select(number => (claim.Position, number)))];
        int next = 0;
        bool afterKill = false;
        bool isThere = false;
        foreach ((ReaderEvent what, ulong value) in _events)
        {
            switch (what)
            {
                case ReaderEvent.Missed when !scenario.Rules.AreLossy:
                    return Wrong();
                case ReaderEvent.Began or ReaderEvent.Missed:
                    int from = Array.FindIndex(committed, message => message.Position >= value);
                    int first = from < 0 ? committed.Length : from;
                    next = what == ReaderEvent.Began ? first : Math.Max(next, first);
                    isThere = true;
                    afterKill = false;
                    break;
                case ReaderEvent.WentOn:
                    // The last one may have been killed before it told what it had counted as missed.
                    int goesOn = Array.FindIndex(committed, message => message.Position >= value);
                    next = scenario.Rules.Overwrites ? Math.Max(next, goesOn < 0 ? committed.Length : goesOn) : next;
                    isThere = true;
                    break;
                case ReaderEvent.Killed or ReaderEvent.Left:
                    afterKill |= what == ReaderEvent.Killed;
                    isThere = false;
                    break;
                case ReaderEvent.Got:
                    bool isRepeated = afterKill && !scenario.AtMostOnce && next > 0 && committed[next - 1].Number == value;
                    if (!isRepeated)
                    {
                        next += afterKill && scenario.AtMostOnce && next + 1 < committed.Length && committed[next + 1].Number == value ? 1 : 0;
                        if (next == committed.Length || committed[next].Number != value)
                        {
                            return Wrong();
                        }
                        next++;
                    }
                    afterKill = false;
                    break;
            }
        }
        bool isLastMissed = afterKill && scenario.AtMostOnce && next == committed.Length - 1;
        return !isThere || next == committed.Length || isLastMissed ? null : Wrong();

        string Wrong() => $"committed were {string.Join(' ', committed.Select(static message => message.Number))}; what happened to a subscriber: {string.Join(' ', _events)}";
    }

    /// <summary>What was skipped are the claims of the dead that have no stamp, and they were counted. Of a slot that one had, or one after the other.</summary>
    internal string? CheckLosses(IReadOnlyList<ClaimMade> claims, ulong losses, ulong lostBytes)
    {
        bool isOne = _events.Count(static each => each.What == ReaderEvent.Began) <= 1 && !_events.Exists(static each => each.What is ReaderEvent.Left or ReaderEvent.Missed);
        if (!isOne || _events.Count == 0 || _events[^1].What == ReaderEvent.Killed)
        {
            return null;
        }
        ulong lost = 0;
        ulong holes = 0;
        ulong leastLosses = 0;
        ulong end = 0;
        foreach (ClaimMade claim in claims.Where(claim => !claim.IsStamped && claim.Position >= _events[0].Value))
        {
            lost += claim.Extent;
            holes++;
            // Two side by side may be found as one.
            leastLosses += end == claim.Position ? 0u : 1;
            end = claim.Position + claim.Extent;
        }
        // A subscriber that was killed while it counted did not get to moving on, and its successor counts again.
        ulong kills = (ulong)_events.Count(static each => each.What == ReaderEvent.Killed);
        bool isRight = losses >= leastLosses && losses <= holes + (holes == 0 ? 0 : kills) && lostBytes >= lost && lostBytes <= lost * (1 + kills);
        return isRight ? null : $"{holes} claims with {lost} bytes were left open by the dead; counted were {losses} with {lostBytes}";
    }
}
