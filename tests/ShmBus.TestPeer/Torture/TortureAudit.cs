namespace ShmBus.TestPeer.Torture;

/// <summary>
/// What the ledgers of a round must come to when all is read, for one subscriber and its successors. Of each publisher: everything committed arrived, and beyond that all or
/// none of what it had set out to do when it was killed. What is missing died in the hands of a subscriber that acknowledges before
/// handling: at most one message for each kill of such a one, and it must have been there when the message was due.
/// </summary>
/// <param name="published">What the publishers noted.</param>
/// <param name="reader">The subscriber, and what it noted.</param>
/// <param name="lives">How many publishers there were.</param>
/// <param name="killedLives">Those that were killed.</param>
/// <param name="ends">The <see cref="Ends"/> of one to which everything came, for another on the same broadcast.</param>
internal sealed class TortureAudit(Ledger published, TortureReader reader, int lives, IReadOnlySet<int> killedLives, long[]? ends = null)
{
    private readonly Ledger _own = reader.Ledger;

    /// <summary>How many messages of each publisher there were, as far as the notes of publisher and subscriber tell.</summary>
    internal long[] Ends { get; } = new long[lives];

    /// <summary>Publishers that were killed in the middle of something, and how many of those had committed it.</summary>
    internal (long Unnoted, long Arrived) InTheMiddle { get; private set; }

    /// <summary>Messages that died in the hands of subscribers.</summary>
    internal long InHand { get; private set; }

    internal void Run()
    {
        // One that was noted twice, because its subscriber was killed before the note of the message behind it: the later counts.
        Dictionary<(int, long), Gap> gaps = [];
        for (int i = 0; i < _own.Subscriber.Gaps; i++)
        {
            Gap gap = _own.Gap(i);
            gaps[(gap.Life, gap.From)] = gap;
        }
        for (int life = 0; life < lives; life++)
        {
            if (Close(life) is { } gap)
            {
                gaps[(life, gap.From)] = gap;
            }
        }
        Explain([.. gaps.Values.OrderBy(static gap => gap.Until)]);
    }

    /// <summary>What is missing at the end of a publisher's messages, if anything is.</summary>
    private Gap? Close(int life)
    {
        PublisherNotes notes = published.Publisher(life);
        (long next, int since) = (_own.Publisher(life).Next, _own.Publisher(life).Since);
        bool isInTheMiddle = notes.Intended != notes.Committed;
        Require(!isInTheMiddle || killedLives.Contains(life),
            $"publisher {life} came to its end with {notes.Intended} messages begun and {notes.Committed} committed");
        Require(next <= notes.Intended, $"publisher {life} set out to publish {notes.Intended} messages, and {next} came");
        bool hasArrived = next > notes.Committed;
        Require(!hasArrived || notes.IsHeld == 0, $"publisher {life} was killed in its claim of message {notes.Committed}, which came");
        if (isInTheMiddle)
        {
            InTheMiddle = (InTheMiddle.Unnoted + 1, InTheMiddle.Arrived + (hasArrived ? 1 : 0));
        }
        // Of a batch all or none.
        long end = ends?[life] ?? (hasArrived ? notes.Intended : notes.Committed);
        Require(next <= end, $"of publisher {life} {next} messages came, and to another subscriber {end}");
        Ends[life] = end;
        return next < end ? new Gap(life, next, end, since, reader.Generation) : null;
    }

    /// <summary>
    /// Finds a kill for each missing message. By the last that could be it, the first that is left: one that is good for a later gap as
    /// well is kept for that.
    /// </summary>
    private void Explain(Gap[] gaps)
    {
        SortedSet<int> kills = [.. reader.Forgetful];
        foreach (Gap gap in gaps)
        {
            for (long missing = gap.To - gap.From; missing > 0; missing--)
            {
                int kill = kills.FirstOrDefault(kill => kill >= gap.Since && kill < gap.Until, -1);
                Require(kills.Remove(kill), $"lost, and not in the hands of a subscriber that was killed: {gap}");
                InHand++;
            }
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new SoakException(otherwise);
        }
    }
}
