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
}
