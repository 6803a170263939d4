using ShmBus.Interleavings.Checking;
using static ShmBus.Interleavings.Checking.Publication;

namespace ShmBus.Interleavings;

/// <summary>
/// Small enough that every schedule can be run, and each with one thing in it that matters. A message's number tells its publisher
/// and its place: 12 is the second of the first; 19 and 29 are those of whoever takes over from a dead one.
/// </summary>
internal static class Scenarios
{
    /// <summary>Four of these fill the ring.</summary>
    private static readonly int Quarter = Scenario.Capacity / 4 - 16;

    internal static readonly Scenario OnePublisher = new()
    {
        Publishers = [[Message(11, 24), Message(12, 40)]],
        Successor = [Message(19, 8)],
    };

    internal static readonly Scenario OneThatAborts = new()
    {
        Publishers = [[Short(11, 70, 9), Aborted(20), AbortedLast(33)]],
        Successor = [Message(19, 8)],
    };

    internal static readonly Scenario TwoPublishers = new()
    {
        Publishers = [[Message(11, 24)], [Message(21, 40)]],
    };

    /// <summary>The next owner of a slot publishes nothing that would free whoever waits for it.</summary>
    internal static readonly Scenario OneWithIdleSuccessor = OnePublisher with { Successor = [] };

    internal static readonly Scenario TwoWithSuccessors = TwoPublishers with { Successor = [Message(19, 8)], Preemptions = 1 };

    internal static readonly Scenario TwoThatMayBothDie = TwoPublishers with { Kills = 2, Preemptions = 1 };

    internal static readonly Scenario Batches = new()
    {
        Publishers = [[Batch((11, 5), (12, 16))], [Message(21, 40)]],
    };

    internal static readonly Scenario ShortAndAborted = new()
    {
        Publishers = [[Short(11, 70, 9)], [Aborted(20)]],
    };

    /// <summary>The first claim goes on at the beginning of the data area, wherever it is made.</summary>
    internal static readonly Scenario AcrossTheEnd = new()
    {
        Publishers = [[Message(11, 100)], [Batch((21, 30), (22, 31))]],
        BeforeEnd = 64,
    };

    /// <summary>Room for one of two, and one in hand that must not be overwritten.</summary>
    internal static readonly Scenario FullForOne = new()
    {
        Before = [Message(1, Quarter), Aborted(Quarter), Aborted(Quarter)],
        Publishers = [[Message(11, Quarter), Message(12, Quarter)]],
    };

    /// <summary>Room for the claim of one of the two.</summary>
    internal static readonly Scenario FullForTwo = new()
    {
        Before = [Aborted(Quarter), Aborted(Quarter), Aborted(Quarter)],
        Publishers = [[Message(11, Quarter)], [Message(21, Quarter)]],
    };

    /// <summary>
    /// While one is paused before it claims, the other dies with the claim at that place, and its successor fills the ring: the first
    /// must give its intent up, or the subscriber waits behind the hole for it, and it for the subscriber.
    /// </summary>
    internal static readonly Scenario FullBehindAHole = new()
    {
        Publishers = [[Message(11, Quarter)], [Message(21, Quarter)]],
        Successor = [Message(19, Quarter), Aborted(Quarter), Aborted(Quarter)],
        Preemptions = 1,
    };

    /// <summary>Nothing to read, but room to give back.</summary>
    internal static readonly Scenario FullOfAborted = new()
    {
        Publishers = [[.. Enumerable.Repeat(Aborted(Quarter), 5)]],
    };

    /// <summary>A subscriber that dies behind all this has not given its room back, and its successor finds nothing to read.</summary>
    internal static readonly Scenario FullOfWhatWasPassedBy = new()
    {
        Before = [Aborted(Quarter), Aborted(Quarter), Aborted(Quarter), Aborted(Quarter)],
        Publishers = [[Message(11, Quarter)]],
    };

    private static readonly RingRules Waits = new(IsBroadcast: true, Overwrites: false, EvictionLag: 0);
    private static readonly RingRules Evicts = Waits with { EvictionLag = (ulong)Scenario.Capacity };
    private static readonly RingRules Overwrites = Waits with { Overwrites = true };

    private static readonly Reader AtEnd = new() { Start = RingStart.End, HasSuccessor = false };
    private static readonly Reader AtOldest = new() { Start = RingStart.Oldest, HasSuccessor = false };
    private static readonly Reader Place = new() { Start = RingStart.End, IsKept = true };

    /// <summary>While one joins, publishers find room by what the other has read, and write over what nobody needs.</summary>
    internal static readonly Scenario JoinsAtTheEnd = new()
    {
        Rules = Waits,
        Subscribers = [AtEnd, AtEnd with { Joins = true }],
        Before = [Aborted(Quarter), Aborted(Quarter), Aborted(Quarter)],
        Publishers = [[Message(11, Quarter), Message(12, Quarter)]],
        Kills = 0,
    };

    internal static readonly Scenario JoinsAtTheOldest = JoinsAtTheEnd with { Subscribers = [AtEnd, AtOldest with { Joins = true }] };

    /// <summary>Nobody is there but who joins, so publishers need no room from anybody.</summary>
    internal static readonly Scenario JoinsAlone = JoinsAtTheEnd with { Subscribers = [AtOldest with { Joins = true }], Kills = 1 };

    internal static readonly Scenario JoinsTwoPublishers = JoinsAlone with
    {
        Publishers = [[Message(11, Quarter)], [Message(21, Quarter)]],
        Kills = 0,
    };

    /// <summary>A publisher waits for room that one holds back which leaves, or is killed.</summary>
    internal static readonly Scenario Leaves = new()
    {
        Rules = Waits,
        Subscribers = [AtEnd with { Leaves = 1 }, AtEnd],
        Before = [Message(1, Quarter), Aborted(Quarter), Message(2, Quarter), Aborted(Quarter)],
        Publishers = [[Message(11, Quarter), Message(12, Quarter)]],
        Preemptions = 1,
    };

    /// <summary>One with a place is killed: its successor goes on there, whatever room publishers found meanwhile.</summary>
    internal static readonly Scenario Places = new()
    {
        Rules = Waits,
        Subscribers = [Place, AtEnd],
        Before = [Message(1, Quarter), Aborted(Quarter), Aborted(Quarter)],
        Publishers = [[Message(11, Quarter), Message(12, Quarter)]],
        Preemptions = 1,
    };

    /// <summary>It is killed soon after it joined, maybe below what is shared by then.</summary>
    internal static readonly Scenario JoinsAtAPlace = Places with { Subscribers = [AtEnd, Place with { Start = RingStart.Oldest, Joins = true }] };

    /// <summary>Room is there for whom it reads, or who is evicted; nobody is waited for.</summary>
    internal static readonly Scenario EvictsReaders = new()
    {
        Rules = Evicts,
        Subscribers = [AtEnd, AtEnd],
        Before = [Message(1, Quarter), Message(2, Quarter), Message(3, Quarter)],
        Publishers = [[Message(11, Quarter), Message(12, Quarter), Message(13, Quarter)]],
        Kills = 0,
    };

    internal static readonly Scenario EvictsPlaces = EvictsReaders with { Subscribers = [Place], Kills = 1 };

    /// <summary>Another one takes the slot of one that is about to be evicted.</summary>
    internal static readonly Scenario EvictsOneThatIsGone = EvictsReaders with { Subscribers = [AtEnd with { HasSuccessor = true }], Kills = 1 };

    /// <summary>Two publishers evict the same one, or one writes by what the other evicted.</summary>
    internal static readonly Scenario EvictsForTwo = EvictsReaders with
    {
        Subscribers = [AtEnd],
        Publishers = [[Message(11, Quarter), Message(12, Quarter)], [Message(21, Quarter)]],
    };

    /// <summary>More than a ring is written over whoever reads.</summary>
    internal static readonly Scenario OverwritesReaders = EvictsReaders with { Rules = Overwrites, Subscribers = [AtEnd, AtOldest with { Joins = true }] };

    /// <summary>A claim is left open, a batch and an aborted one are written over.</summary>
    internal static readonly Scenario OverwritesAll = new()
    {
        Rules = Overwrites,
        Subscribers = [AtEnd],
        Before = [Batch((1, 300), (2, 300)), Aborted(Quarter), Message(3, Quarter)],
        Publishers = [[Message(11, Quarter), Message(12, Quarter)]],
        Successor = [Message(19, Quarter)],
    };

    internal static readonly Scenario OverwritesPlaces = OverwritesAll with { Subscribers = [Place], Successor = null };
}
