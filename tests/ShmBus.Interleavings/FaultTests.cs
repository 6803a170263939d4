using System.Runtime.CompilerServices;
using ShmBus.Interleavings.Checking;
using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings;

/// <summary>The checks notice what is done wrong: each case is one of <see cref="RingTests"/> with one thing changed.</summary>
internal sealed class FaultTests
{
    private static IEnumerable<TestCaseData> Cases()
    {
        yield return Case(Fault.StoresIntentAfterTail, Scenarios.OnePublisher);
        yield return Case(Fault.StoresIntentAfterTail, Scenarios.TwoPublishers);
        yield return Case(Fault.GivesUpWithIntent, Scenarios.FullBehindAHole);
        yield return Case(Fault.GivesUpWithoutWaking, Scenarios.FullBehindAHole);
        yield return Case(Fault.MovesTailUnconditionally, Scenarios.TwoPublishers);
        yield return Case(Fault.StampsBeforePayload, Scenarios.OnePublisher);
        yield return Case(Fault.StampsBeforePayload, Scenarios.Batches);
        yield return Case(Fault.TakeOverKeepsIntent, Scenarios.OneWithIdleSuccessor);
        yield return Case(Fault.TakeOverWakesNobody, Scenarios.OneWithIdleSuccessor);
        yield return Case(Fault.SubscriberJoinsWithoutWaking, Scenarios.FullOfWhatWasPassedBy);
        yield return Case(Fault.ReadsIntentsBeforeTail, Scenarios.TwoPublishers);
        yield return Case(Fault.SkipsWithoutSecondLook, Scenarios.TwoPublishers);
        yield return Case(Fault.SkipsToTheTail, Scenarios.TwoPublishers);
        yield return Case(Fault.TakesPausedForDead, Scenarios.OnePublisher);
        yield return Case(Fault.KeepsTheRoomOfAborted, Scenarios.FullOfAborted);
        yield return Case(Fault.TakesSuccessorForDead, Scenarios.FullForOne with { AtMostOnce = true });
        yield return Case(Fault.OverwritesWhatIsInHand, Scenarios.FullForOne with { AtMostOnce = true });
        yield return Case(Fault.AcknowledgesAtTheWrongTime, Scenarios.OnePublisher);
        yield return Case(Fault.AcknowledgesAtTheWrongTime, Scenarios.Batches with { AtMostOnce = true });
        yield return Case(Fault.JoinsWithoutSayingSo, Scenarios.JoinsAtTheOldest);
        yield return Case(Fault.JoinsWithoutSayingSo, Scenarios.JoinsAlone);
        yield return Case(Fault.GoesByWhatIsShared, Scenarios.JoinsAtTheOldest);
        yield return Case(Fault.GoesByWhatIsShared, Scenarios.JoinsAlone);
        yield return Case(Fault.TakesOverInTwoSteps, Scenarios.EvictsOneThatIsGone);
        yield return Case(Fault.LeavesWithoutWaking, Scenarios.Leaves);
        yield return Case(Fault.NeverAsksWhoIsDead, Scenarios.Leaves);
        yield return Case(Fault.TakesPlacesForNothing, Scenarios.Places);
        yield return Case(Fault.BelievesEveryCopy, Scenarios.EvictsReaders);
        yield return Case(Fault.BelievesEveryCopy, Scenarios.OverwritesReaders);
        yield return Case(Fault.EvictsByStateAlone, Scenarios.EvictsOneThatIsGone);
    }

    private static TestCaseData Case(Fault fault, Scenario scenario, [CallerArgumentExpression(nameof(scenario))] string name = "") =>
        new TestCaseData(scenario with { Fault = fault }).SetArgDisplayNames(fault.ToString(), name["Scenarios.".Length..]);

    [TestCaseSource(nameof(Cases))]
    public void Fault_is_found_and_its_schedule_shows_it_again(Scenario scenario)
    {
        using Explorer explorer = new(scenario);
        Report report = explorer.Explore();
        TestContext.Out.WriteLine(report);
        Assert.That(report.Violation, Is.Not.Null, report.ToString());
        Assert.That(explorer.Replay(report.Schedule).Violation, Is.EqualTo(report.Violation));
    }
}
