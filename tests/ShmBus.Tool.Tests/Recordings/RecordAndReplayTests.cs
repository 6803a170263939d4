using System.Globalization;
using ShmBus.TestPeer;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Tests.Recordings;

/// <summary>A recording of a live topic, and what comes of it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RecordAndReplayTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Bus _bus;

    public RecordAndReplayTests()
    {
        _bus = Bus.Open(_directory.File("bus"));
    }

    public void Dispose()
    {
        _bus.Dispose();
        _directory.Dispose();
    }

    /// <summary>
    /// Within 1 ms, and what this machine adds at the time: to that, bare sleeps of the same lengths are measured. The best of some rounds, since others run here as well.
    /// </summary>
    [Test]
    public void Every_message_comes_again_as_far_apart_as_it_was([Values] bool subscribes)
    {
        const int Rounds = 5;
        for (int round = 1; ; round++)
        {
            (double error, double reachable) = RecordAndReplay(subscribes, $"{round}");
            if (error < 1 + reachable)
            {
                break;
            }
            Assert.That(round, Is.LessThan(Rounds), "No round kept the spacing.");
        }
    }

    [Test]
    public void A_killed_recorder_leaves_what_it_had_seen()
    {
        using Topic topic = _bus.OpenOrCreateTopic("from");
        using Topic target = _bus.OpenOrCreateTopic("to");
        using Publisher publisher = topic.CreatePublisher();
        string file = _directory.File("r.shmrec");
        using (ToolProcess recorder = Start("record", "from", file))
        {
            Until.True(() => File.Exists(file) && new FileInfo(file).Length > 0);
            long empty = new FileInfo(file).Length;
            publisher.Publish("kept"u8);
            Until.True(() => new FileInfo(file).Length > empty);
            recorder.Kill();
        }
        // As if killed within a write.
        using (FileStream stream = new(file, FileMode.Append))
        {
            stream.Write([1, 2, 3, 4, 5]);
        }
        ToolProcess.Result result = Run("replay", file, "to");
        using Subscriber subscriber = target.CreateSubscriber();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Success), result.Error);
            Assert.That(result.Error, Does.Contain("not closed").And.Contain("after 1 whole messages"));
            Assert.That(subscriber.TryRead(out Message message) && message.Payload.SequenceEqual("kept"u8), Is.True);
            Assert.That(subscriber.TryRead(out _), Is.False);
        });
    }

    [Test]
    public void A_changed_byte_is_named_by_its_offset_and_nothing_is_published_unless_asked_for()
    {
        using Topic target = _bus.OpenOrCreateTopic("to");
        string file = _directory.File("r.shmrec");
        long second;
        using (FileStream stream = File.Create(file))
        {
            Tool.Recordings.RecordingWriter writer = new(stream, DateTimeOffset.UtcNow, "from", contract: null);
            writer.Add(0, 1, default, "first"u8);
            second = writer.Length;
            writer.Add(1, 2, default, "second"u8);
            writer.End(2);
        }
        byte[] bytes = File.ReadAllBytes(file);
        bytes[second + 16 + 16]++;
        File.WriteAllBytes(file, bytes);

        ToolProcess.Result refused = Run("replay", file, "to");
        ToolProcess.Result partial = Run("replay", file, "to", "--partial");
        using Subscriber subscriber = target.CreateSubscriber();
        Assert.Multiple(() =>
        {
            Assert.That(refused.ExitCode, Is.EqualTo(ExitCode.Corrupt));
            Assert.That(refused.Error, Does.Contain($"damaged at offset {second}:").And.Contain("1 messages before it are whole"));
            Assert.That(partial.ExitCode, Is.EqualTo(ExitCode.Corrupt));
            Assert.That(subscriber.TryRead(out Message message) && message.Payload.SequenceEqual("first"u8), Is.True);
            Assert.That(subscriber.TryRead(out _), Is.False);
        });
    }

    [Test]
    public void Ctrl_C_closes_a_recording_and_a_file_is_not_replaced()
    {
        using Topic topic = _bus.OpenOrCreateTopic("from");
        using Topic target = _bus.OpenOrCreateTopic("to");
        string file = _directory.File("r.shmrec");
        using ToolProcess recorder = Start("record", "from", file);
        Until.True(() => File.Exists(file) && new FileInfo(file).Length > 0);
        recorder.Signal(Posix.SIGINT);
        Assert.That(recorder.ExitCode, Is.EqualTo(ExitCode.Cancelled), recorder.Error);
        ToolProcess.Result replayed = Run("replay", file, "to", "--speed", "max");
        Assert.That((replayed.ExitCode, replayed.Error), Is.EqualTo((ExitCode.Success, "")));
        Assert.That(Run("record", "from", file).ExitCode, Is.EqualTo(ExitCode.InUse));
        Assert.That(Run("replay", _directory.File("none"), "to").ExitCode, Is.EqualTo(ExitCode.NotFound));
        File.WriteAllText(file, new string('x', 100));
        Assert.That(Run("replay", file, "to").ExitCode, Is.EqualTo(ExitCode.NotATopic));
    }

    /// <summary>By how many milliseconds the spacing differs in the middle, and that of sleeps.</summary>
    private (double Error, double Reachable) RecordAndReplay(bool subscribes, string round)
    {
        const int Count = 300;
        using Topic topic = _bus.OpenOrCreateTopic($"from{round}", new TopicOptions { Delivery = Delivery.Broadcast });
        using Topic target = _bus.OpenOrCreateTopic($"to{round}");
        using Publisher publisher = topic.CreatePublisher();
        NumberedMessages messages = new(seed: 5, maxLength: 1000);
        string file = _directory.File($"{round}.shmrec");
        using ToolProcess recorder = Start(subscribes ? ["record", $"from{round}", file, "-n", Count, "--subscribe", "--json"] : ["record", $"from{round}", file, "-n", Count, "--json"]);
        Until.True(() => File.Exists(file) && new FileInfo(file).Length > 0);
        long[] published = new long[Count];
        double[] late = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            // In clusters and with gaps, from none to 19 ms.
            long due = PreciseSleep.Now + (i % 7 == 0 ? 0 : i % 20) * 1_000_000L;
            PreciseSleep.Until(due, CancellationToken.None);
            published[i] = PreciseSleep.Now;
            late[i] = (published[i] - due) / 1e6;
            publisher.Publish(messages[i], (uint)i, messages.Extras(i));
        }
        Assert.That(recorder.ExitCode, Is.EqualTo(ExitCode.Success), recorder.Error);

        using Subscriber subscriber = target.CreateSubscriber();
        using ToolProcess replayer = Start("replay", file, $"to{round}", "--json");
        replayer.Input.Close();
        long[] received = new long[Count];
        for (int i = 0; i < Count; i++)
        {
            Message message = subscriber.Read();
            received[i] = PreciseSleep.Now;
            messages.Verify(i, message);
            Assert.That(message.Type, Is.EqualTo(i));
            Assert.That(NumberedMessages.ExtrasOf(message), Is.EqualTo(messages.Extras(i)));
        }
        Assert.That(replayer.ExitCode, Is.EqualTo(ExitCode.Success), replayer.Error);
        Assert.That(subscriber.TryRead(out _), Is.False);
        double[] errors = [.. Enumerable.Range(1, Count - 1).Select(i => Math.Abs(Milliseconds(received, i) - Milliseconds(published, i))).Order()];
        Array.Sort(late);
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Round {round}: spacing differs by {errors[Count / 2]:0.000} ms in the middle, {errors[Count * 9 / 10]:0.000} ms at 90 %, {errors[^1]:0.000} ms at most; {errors.Count(static error => error > 1)} of {errors.Length} by more than 1 ms. Bare sleeps are late by {late[Count / 2]:0.000} ms, {late[Count * 9 / 10]:0.000} ms at 90 %. Replay: {replayer.Output}"));
        return (errors[Count / 2], late[Count / 2]);
    }

    private static double Milliseconds(long[] times, int i) => (times[i] - times[i - 1]) / 1e6;

    private ToolProcess Start(params object[] arguments) => ToolProcess.Start([.. arguments, "--bus", _bus.Directory!]);

    private ToolProcess.Result Run(params object[] arguments) => ToolProcess.Run([.. arguments, "--bus", _bus.Directory!]);
}
