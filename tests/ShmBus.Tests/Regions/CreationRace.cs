using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>Many at once make, open and delete one topic, and some of them are killed: nobody ever meets a half-made one.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CreationRace : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    [Test]
    public void Of_many_processes_and_threads_exactly_one_makes_the_topic()
    {
        const int rounds = 100;
        PeerProcess[] peers = [.. Enumerable.Range(0, 3).Select(_ => PeerProcess.Start("region-race", _directory.Path, 3))];
        try
        {
            Array.ForEach(peers, peer => peer.Expect("ready"));
            for (int round = 0; round < rounds; round++)
            {
                Array.ForEach(peers, peer => peer.WriteLine($"r{round}"));
                string[][] answers = [.. peers.Select(peer => peer.ReadLine().Split(' '))];
                Assert.That(answers.Sum(answer => int.Parse(answer[0])), Is.EqualTo(1), $"round {round}");
                Assert.That(answers.Select(answer => answer[1]).Distinct().Count(), Is.EqualTo(1), "all have opened the same ring");
                Assert.That(answers[0][1], Does.Not.Contain(","));
            }
            Assert.That(Directory.GetFileSystemEntries(_directory.Path), Has.Length.EqualTo(rounds), "nothing is left of those who came second");
        }
        finally
        {
            Array.ForEach(peers, peer => peer.Dispose());
        }
    }

    [Test]
    public void Killed_while_making_it_leaves_the_whole_topic_or_nothing()
    {
        Random random = new();
        using Opener opener = new(Path);
        for (int round = 0; round < 15; round++)
        {
            using PeerProcess peer = PeerProcess.Start("region-churn", Path);
            peer.Expect("ready");
            Thread.Sleep(TimeSpan.FromMicroseconds(random.Next(20_000)));
            peer.Kill();
            string[] left = Directory.GetFileSystemEntries(_directory.Path);
            if (left.Length > 0)
            {
                Assert.That(left, Is.EqualTo(new[] { Path }));
                Topic.Open(Path).Dispose();
                File.Delete(Path);
            }
        }
        (int whole, int absent) = opener.Stop();
        Assert.That(whole, Is.Positive, "it was met");
        Assert.That(absent, Is.Positive, "and missed");
    }

    [Test]
    public void Deleted_again_and_again_it_is_made_again_and_again()
    {
        using CancellationTokenSource stop = new();
        Thread deleter = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                File.Delete(Path);
            }
        });
        deleter.Start();
        try
        {
            TopicOptions options = new() { Capacity = Environment.SystemPageSize };
            for (int i = 0; i < 5_000; i++)
            {
                using Topic topic = Topic.OpenOrCreate(Path, options);
                Assert.That(topic.Capacity, Is.EqualTo(options.Capacity));
            }
        }
        finally
        {
            stop.Cancel();
            deleter.Join();
        }
    }

    /// <summary>Opens the topic all the time, on a thread of its own.</summary>
    private sealed class Opener : IDisposable
    {
        private readonly string _path;
        private readonly Thread _thread;
        private volatile bool _stopping;
        private Exception? _failure;
        private int _whole;
        private int _absent;

        internal Opener(string path)
        {
            _path = path;
            _thread = new Thread(Run);
            _thread.Start();
        }

        internal (int Whole, int Absent) Stop()
        {
            Dispose();
            Assert.That(_failure, Is.Null, "only a whole topic or none may be met");
            return (_whole, _absent);
        }

        public void Dispose()
        {
            _stopping = true;
            _thread.Join();
        }

        private void Run()
        {
            while (!_stopping && _failure is null)
            {
                try
                {
                    using Topic topic = Topic.Open(_path);
                    using Publisher publisher = topic.CreatePublisher();
                    using Subscriber subscriber = topic.CreateSubscriber();
                    publisher.Publish([1]);
                    Assert.That(subscriber.Read().Payload[0], Is.EqualTo(1));
                    _whole++;
                }
                catch (NotFoundErrnoException)
                {
                    _absent++;
                }
                catch (Exception exception)
                {
                    _failure = exception;
                }
            }
        }
    }
}
