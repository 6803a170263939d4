using ShmBus.Interleavings.Checking;
using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings;

/// <summary>That states are met again saves runs and loses no schedule.</summary>
internal sealed class ReductionTests
{
    [Test]
    public void As_many_schedules_are_counted_as_are_run_without_it()
    {
        Scenario scenario = Scenarios.TwoPublishers with { Preemptions = 1 };
        using Explorer explorer = new(scenario);
        using Explorer thorough = new(scenario, skipsKnown: false);
        Report report = explorer.Explore();
        Report whole = thorough.Explore();
        TestContext.Out.WriteLine($"{report}; without it {whole.Runs:N0} runs");
        Assert.That(whole.Violation, Is.Null, whole.ToString());
        Assert.That(whole.Schedules, Is.EqualTo(whole.Runs));
        Assert.That(report.Schedules, Is.EqualTo(whole.Runs));
        Assert.That(report.Runs, Is.LessThan(whole.Runs));
    }
}
