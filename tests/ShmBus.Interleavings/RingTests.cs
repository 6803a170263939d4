using System.Runtime.CompilerServices;
using ShmBus.Interleavings.Checking;
using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings;

/// <summary>The ring's own code under every schedule: what was committed arrives, whoever is paused or killed wherever.</summary>
internal sealed class RingTests
{
    private static IEnumerable<TestCaseData> Cases() =>
    [
        Case(Scenarios.OnePublisher),
        Case(Scenarios.OnePublisher with { AtMostOnce = true }),
        Case(Scenarios.OneThatAborts),
        Case(Scenarios.TwoPublishers),
        Case(Scenarios.TwoPublishers with { AtMostOnce = true }),
        Case(Scenarios.TwoPublishers with { Polls = true }),
        Case(Scenarios.TwoPublishers with { Polls = true, AtMostOnce = true }),
        Case(Scenarios.OneWithIdleSuccessor),
        Case(Scenarios.TwoWithSuccessors),
        Case(Scenarios.TwoThatMayBothDie),
        Case(Scenarios.Batches),
        Case(Scenarios.Batches with { AtMostOnce = true }),
        Case(Scenarios.ShortAndAborted),
        Case(Scenarios.AcrossTheEnd),
        Case(Scenarios.FullForOne),
        Case(Scenarios.FullForOne with { AtMostOnce = true }),
        Case(Scenarios.FullForTwo with { Kills = 0 }),
        Case(Scenarios.FullForTwo with { Preemptions = 1 }),
        Case(Scenarios.FullBehindAHole),
        Case(Scenarios.FullOfAborted),
        Case(Scenarios.FullOfWhatWasPassedBy),
        Case(Scenarios.JoinsAtTheEnd),
        Case(Scenarios.JoinsAtTheOldest),
        Case(Scenarios.JoinsAlone),
        Case(Scenarios.JoinsTwoPublishers),
        Case(Scenarios.JoinsAtAPlace),
        Case(Scenarios.Leaves),
        Case(Scenarios.Places),
        Case(Scenarios.Places with { AtMostOnce = true }),
        Case(Scenarios.EvictsReaders),
        Case(Scenarios.EvictsPlaces),
        Case(Scenarios.EvictsOneThatIsGone),
        Case(Scenarios.EvictsForTwo),
        Case(Scenarios.OverwritesReaders),
        Case(Scenarios.OverwritesAll),
        Case(Scenarios.OverwritesPlaces),
    ];

    private static TestCaseData Case(Scenario scenario, [CallerArgumentExpression(nameof(scenario))] string name = "") =>
        new TestCaseData(scenario).SetArgDisplayNames(name["Scenarios.".Length..]);

    [TestCaseSource(nameof(Cases))]
    public void Every_schedule_delivers_what_was_committed(Scenario scenario)
    {
        using Explorer explorer = new(scenario);
        Report report = explorer.Explore();
        TestContext.Out.WriteLine(report);
        Assert.That(report.Violation, Is.Null, report.ToString());
    }
}
