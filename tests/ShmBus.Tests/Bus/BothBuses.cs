using ShmBus.Endpoints;
using ShmBus.Waiting;

namespace ShmBus.Tests.Buses;

/// <summary>
/// The bus within the process answers as the one in a directory does: the same to what is right, and with the same kind of exception to
/// the same mistake. So a test that passes on one tells something about the other.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class BothBuses
{
    private static readonly TopicOptions Broadcast = new() { Capacity = 4096, Delivery = Delivery.Broadcast, Subscribers = 2 };
    private static readonly TopicOptions Lanes = new() { Capacity = 4096, Publishers = 2, Lanes = true };

    private static readonly (string What, TopicOptions Options)[] WrongOptions =
    [
        ("Mode", new() { Mode = (UnixFileMode)0b110_110_110 }), ("Group", new() { Group = -1 }), ("PopulateLimit", new() { PopulateLimit = -1 }),
        ("Capacity", new() { Capacity = 5000 }), ("no Capacity", new() { Capacity = 0 }), ("Publishers", new() { Publishers = 65 }), ("no Publishers", new() { Publishers = 0 }),
        ("Delivery", new() { Delivery = (Delivery)2 }), ("Overflow", new() { Overflow = (Overflow)2 }), ("Subscribers of a queue", new() { Subscribers = 2 }),
        ("no Subscribers", Broadcast with { Subscribers = 0 }), ("65 Subscribers", Broadcast with { Subscribers = 65 }),
        ("overwriting queue", new() { Overflow = Overflow.Overwrite }), ("evicting queue", new() { EvictionLag = 200_000 }),
        ("EvictionLag below", Broadcast with { EvictionLag = 2047 }), ("EvictionLag above", Broadcast with { EvictionLag = 4097 }), ("EvictionLag negative", Broadcast with { EvictionLag = -1 }),
        ("broadcast Lanes", Broadcast with { Lanes = true }), ("two that overwrite", Broadcast with { Overflow = Overflow.Overwrite, Publishers = 2 }),
        ("overwriting and evicting", Broadcast with { Overflow = Overflow.Overwrite, EvictionLag = 4096 }),
        ("evicting Lanes", Lanes with { EvictionLag = 4096 }), ("overwriting Lanes", Lanes with { Overflow = Overflow.Overwrite }),
    ];

    private static readonly TopicOptions[] Others =
    [
        new(), new() { Capacity = 8192 }, new() { Capacity = 4096, Publishers = 2 }, Lanes, Broadcast, Broadcast with { Subscribers = 3 }, Broadcast with { EvictionLag = 4096 },
        Broadcast with { Overflow = Overflow.Overwrite }, new() { Capacity = 4096, Lock = true },
    ];

    private static readonly string[] Names = ["queue", "broadcast", "lanes"];

    private static readonly (string What, Func<Topic, IDisposable> Hold)[] Holders =
    [
        ("a topic", static topic => topic), ("a publisher", static topic => topic.CreatePublisher()), ("a subscriber", static topic => topic.CreateSubscriber()),
        ("a watch", static topic => topic.WatchPeers(static (_, _) => { })),
    ];

    private static IEnumerable<TestCaseData> Uses() => [.. OfNames(), .. OfOptions(), .. OfTopics(), .. OfBuses()];

    private static IEnumerable<TestCaseData> OfNames()
    {
        foreach (string? name in (string?[])[null, "", ".", "a/b", "a b", "t.lane0", "missing"])
        {
            yield return Use($"open '{name}'", bus => bus.OpenTopic(name!));
            yield return Use($"inspect '{name}'", bus => bus.InspectTopic(name!).PendingBytes);
            yield return Use($"delete '{name}'", bus => bus.DeleteTopic(name!));
            yield return Use($"open or create '{name}'", bus => bus.OpenOrCreateTopic(name!).IsNew);
        }
    }

    private static IEnumerable<TestCaseData> OfOptions()
    {
        foreach ((string what, TopicOptions options) in WrongOptions)
        {
            yield return Use($"open, wrong {what}", bus => bus.OpenTopic("queue", options).Capacity);
            yield return Use($"open what is not there, wrong {what}", bus => bus.OpenTopic("missing", options));
            yield return Use($"create, wrong {what}", bus => bus.OpenOrCreateTopic("missing", options));
            yield return Use($"open or create what is there, wrong {what}", bus => bus.OpenOrCreateTopic("broadcast", options));
            yield return Use($"a wrong name, wrong {what}", bus => bus.OpenTopic("a/b", options));
        }
        for (int i = 0; i < Others.Length; i++)
        {
            TopicOptions other = Others[i];
            foreach (string name in Names)
            {
                yield return Use($"open or create '{name}' with other options {i}", bus => bus.OpenOrCreateTopic(name, other).IsNew);
                yield return Use($"open '{name}' with other options {i}", bus => bus.OpenTopic(name, other).IsNew);
            }
        }
    }

    private static IEnumerable<TestCaseData> OfTopics()
    {
        foreach (string name in Names)
        {
            foreach ((string what, Func<Topic, IDisposable> hold) in Holders)
            {
                yield return Use($"delete '{name}' while {what} has it open", bus => Holding(bus, name, hold, () => bus.DeleteTopic(name)));
                yield return Use($"delete stale topics while {what} has '{name}' open", bus => Holding(bus, name, hold, () => string.Join(' ', bus.DeleteStaleTopics())));
                yield return Use($"list while {what} has '{name}' open", bus => Holding(bus, name, hold, () => List(bus)));
            }
            yield return Use($"use a disposed '{name}'", bus =>
            {
                Topic topic = bus.OpenTopic(name);
                topic.Dispose();
                topic.Dispose();
                return Outcomes(() => topic.CreatePublisher(), () => topic.CreateSubscriber(), () => topic.Inspect(),
                    () => topic.WatchPeers(static (_, _) => { }), () => topic.RemovePlace("x"), () => topic.Capacity);
            });
            yield return Use($"ask for what '{name}' does not have", bus =>
            {
                using Topic topic = bus.OpenTopic(name);
                return Outcomes(() => Repeat(3, () => topic.CreatePublisher()), () => Repeat(3, () => topic.CreateSubscriber()), () => Repeat(2, () => topic.CreateSubscriber(place: "p")),
                    () => topic.CreateSubscriber(place: ""), () => topic.CreateSubscriber(place: new string('x', 65)), () => topic.CreateSubscriber(place: "\n"),
                    () => topic.CreateSubscriber(place: "x\ud800"), () => topic.RemovePlace(null!), () => topic.RemovePlace("none"), () => topic.RemovePlace(""),
                    () => topic.WatchPeers(null!), () => topic.CreatePublisher((WaitStrategy)9), () => topic.CreateSubscriber((WaitStrategy)9),
                    () => topic.CreateSubscriber(acknowledge: (Acknowledge)9), () => topic.CreateSubscriber(joinAt: (JoinAt)9));
            });
        }
    }

    private static IEnumerable<TestCaseData> OfBuses()
    {
        yield return Use("use a disposed bus", static bus =>
        {
            bus.Dispose();
            bus.Dispose();
            return Outcomes(() => bus.OpenTopic("queue"), () => bus.OpenOrCreateTopic("queue"), () => bus.OpenOrCreateTopic("a/b"), () => bus.OpenTopic("queue", WrongOptions[0].Options),
                () => bus.InspectTopic("queue"), () => bus.DeleteTopic("queue"), () => bus.DeleteStaleTopics(), () => bus.DeleteLeftLanes(), () => bus.ListTopics());
        });
        yield return Use("list", List);
        yield return Use("delete all", static bus => $"{bus.DeleteTopic("queue")} {bus.DeleteTopic("queue")} {string.Join(' ', bus.DeleteStaleTopics())} {bus.ListTopics().Count}");
    }

    [TestCaseSource(nameof(Uses))]
    public void Same_use_same_answer(Func<Bus, object?> use)
    {
        using BusOfATest directory = new();
        using Bus inProcess = Bus.InProcess();
        Assert.That(Answer(inProcess), Is.EqualTo(Answer(directory.Bus)));

        string Answer(Bus bus)
        {
            bus.OpenOrCreateTopic("queue", new TopicOptions { Capacity = 4096 }).Dispose();
            bus.OpenOrCreateTopic("broadcast", Broadcast).Dispose();
            using (Topic lanes = bus.OpenOrCreateTopic("lanes", Lanes))
            {
                lanes.CreatePublisher().Dispose();
            }
            return Outcome(() => use(bus));
        }
    }

    [Test]
    public void Options_that_do_not_go_together_make_nothing()
    {
        using BusOfATest bus = new();
        foreach ((string what, TopicOptions options) in WrongOptions)
        {
            Assert.That(() => bus.Bus.OpenOrCreateTopic("t", options), Throws.TypeOf<ArgumentException>(), what);
            Assert.That(bus.Files, Is.Empty, what);
        }
    }

    [Test]
    public void A_choice_that_does_not_exist_is_refused_by_its_name()
    {
        using Topic topic = Topic.CreateInProcess();
        Expect(() => topic.CreatePublisher((WaitStrategy)9), "wait");
        Expect(() => topic.CreateSubscriber((WaitStrategy)9), "wait");
        Expect(() => topic.CreateSubscriber(acknowledge: (Acknowledge)9), "acknowledge");
        Expect(() => topic.CreateSubscriber(joinAt: (JoinAt)9), "joinAt");

        static void Expect(Action use, string name) => Assert.That(Assert.Throws<ArgumentOutOfRangeException>(use)!.ParamName, Is.EqualTo(name));
    }

    private static TestCaseData Use(string what, Func<Bus, object?> use) => new TestCaseData(use).SetArgDisplayNames(what);

    private static string Outcomes(params Func<object?>[] uses) => string.Join(' ', uses.Select(Outcome));

    private static string Outcome(Func<object?> use)
    {
        try
        {
            object? answer = use();
            (answer as IDisposable)?.Dispose();
            return answer?.ToString() ?? "null";
        }
        catch (Exception exception)
        {
            return exception.GetType().Name;
        }
    }

    /// <summary>How many there can be at once, of so many.</summary>
    private static int Repeat<T>(int times, Func<T> create) where T : IDisposable
    {
        List<T> created = [];
        try
        {
            for (int i = 0; i < times; i++)
            {
                created.Add(create());
            }
        }
        catch (EndpointInUseException)
        {
            // That was all.
        }
        created.ForEach(static endpoint => endpoint.Dispose());
        return created.Count;
    }

    private static object? Holding(Bus bus, string name, Func<Topic, IDisposable> hold, Func<object?> use)
    {
        Topic topic = bus.OpenTopic(name);
        using IDisposable held = hold(topic);
        if (held != topic)
        {
            topic.Dispose();
        }
        return use();
    }

    private static string List(Bus bus) => string.Join("; ", bus.ListTopics().Select(
        static info => $"{info.Name} {info.Options! with { Mode = null, Group = null }} {info.Size} {info.IsInUse} {info.Problem}"));
}
