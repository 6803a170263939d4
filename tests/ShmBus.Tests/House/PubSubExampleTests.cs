using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>A publisher that waits for nobody, a fast subscriber and a slow one: examples/PubSub as three processes.</summary>
internal sealed partial class PubSubExampleTests
{
    private const string Example = "PubSub";
    private const int Published = 10_000;

    /// <summary>What a price takes up in the ring.</summary>
    private const int Extent = 32;

    private TestDirectory _directory = null!;
    private Bus _bus = null!;

    [SetUp]
    public void SetUp()
    {
        _directory = new TestDirectory();
        _bus = Bus.Open(_directory.Path);
    }

    [TearDown]
    public void TearDown()
    {
        _bus.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task The_fast_and_the_slow_each_receive_a_price_or_are_told_that_they_missed_it()
    {
        using ExampleProgram fast = StartSubscriber("fast");
        using ExampleProgram slow = StartSubscriber("slow", "1");
        Until.True(() => CountPlaces() == 2 || fast.Output.IsCompleted || slow.Output.IsCompleted);
        using ExampleProgram publisher = StartPublisher();
        await ExampleProgram.AllSucceed(fast, slow, publisher);

        Report ofFast = await Report.Of(fast, "fast");
        Report ofSlow = await Report.Of(slow, "slow");
        Assert.That(ofFast, Is.EqualTo(Report.Whole(ofFast.Received)));
        Assert.That(ofSlow, Is.EqualTo(Report.Whole(ofSlow.Received)));
        Assert.That(ofSlow.Missed, Is.Positive, "ten are published while it reads one");
    }

    [Test]
    public async Task Those_who_come_later_begin_with_the_oldest_price_and_the_next_time_at_their_place()
    {
        await Publish();
        Report first = await Read();
        Assert.That(first, Is.EqualTo(new Report(first.Received, 0, 0, Published)), "it missed nothing since it came");
        Assert.That(first.Received, Is.InRange(1, Published - 1));

        await Publish();
        Report second = await Read();
        Assert.That(second, Is.EqualTo(Report.Whole(second.Received)), "it was away, and its place was kept");

        async Task Publish()
        {
            using ExampleProgram publisher = StartPublisher();
            Assert.That(Encoding.UTF8.GetString(await publisher.Output), Is.EqualTo($"published {Published}\n"));
        }

        async Task<Report> Read()
        {
            using ExampleProgram subscriber = StartSubscriber("late");
            return await Report.Of(subscriber, "late");
        }
    }

    private ExampleProgram StartPublisher() => ExampleProgram.Start(Example, "PricePublisher", _directory.Path);

    private ExampleProgram StartSubscriber(params string[] arguments) =>
        ExampleProgram.Start(Example, "PriceSubscriber", [_directory.Path, .. arguments]);

    /// <summary>How many subscribers have a place. It is kept only once it is known where it begins.</summary>
    private int CountPlaces() => _bus.ListTopics().Any()
        ? _bus.InspectTopic("prices").Endpoints.Count(static endpoint => endpoint.PlaceName is not null)
        : 0;

    /// <summary>What a subscriber says at its end.</summary>
    private sealed partial record Report(int Received, int Missed, int MissedBytes, int Last)
    {
        /// <summary>That of one which received so many, and was told of all others.</summary>
        internal static Report Whole(int received) => new(received, Published - received, (Published - received) * Extent, Published);

        internal static async Task<Report> Of(ExampleProgram subscriber, string name)
        {
            string output = Encoding.UTF8.GetString(await subscriber.Output);
            Match line = Line().Match(output);
            Assert.That(line.Groups["name"].Value, Is.EqualTo(name), output);
            return new Report(Number("received"), Number("missed"), Number("bytes"), Number("last"));

            int Number(string group) => int.Parse(line.Groups[group].Value, CultureInfo.InvariantCulture);
        }

        [GeneratedRegex(@"^(?<name>\w+): received (?<received>\d+), missed (?<missed>\d+) \((?<bytes>\d+) bytes\), the last was number (?<last>\d+)\n$")]
        private static partial Regex Line();
    }
}
