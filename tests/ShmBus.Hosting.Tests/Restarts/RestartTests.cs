using System.Numerics;
using ShmBus.Hosting.TestPeer;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Restarts;

/// <summary>
/// Two hosts, one that publishes numbers and one that handles them, while either is restarted (SIGTERM) and killed (SIGKILL) ten times each, in the midst of it.
/// </summary>
[TestFixture(1, 1_000_000)]
[TestFixture(4, 400_000)]
internal sealed class RestartTests(int concurrency, int count)
{
    private const int Rounds = 10;
    private const int SigTerm = 15;

    /// <summary>So many messages per handler may be begun and not acknowledged, where there are several.</summary>
    private const int BegunPerHandler = 16;

    private TestDirectory _directory = null!;
    private RestartJournal _journal = null!;
    private Incarnations _publisher = null!;
    private Incarnations _handler = null!;

    [SetUp]
    public void SetUp()
    {
        _directory = new TestDirectory();
        _journal = new RestartJournal(_directory.File("journal"), count);
        _publisher = new Incarnations(incarnation => PeerProcess.Start("restart-publish", _directory.Path, count, incarnation));
        _handler = new Incarnations(incarnation => PeerProcess.Start("restart-handle", _directory.Path, count, incarnation, concurrency));
    }

    [TearDown]
    public void TearDown()
    {
        _publisher.Dispose();
        _handler.Dispose();
        _journal.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Nothing_is_missing_and_only_a_kill_has_anything_handled_again()
    {
        Incarnations[] hosts = [_publisher, _handler];
        int step = count / (hosts.Length * 2 * Rounds + 1);
        int interruptions = 0;
        for (int round = 0; round < Rounds; round++)
        {
            foreach (Incarnations host in hosts)
            {
                Interrupt(host, kill: false);
                Interrupt(host, kill: true);
            }
        }
        Volatile.Write(ref _journal.Limit, count);
        // What is published last is handled last: with several handlers, nearly.
        Until.True(() => Volatile.Read(ref _journal.Next) == count && Enumerable.Range(0, count).All(number => _journal.PublishedBy(number) != 0));
        _publisher.End();
        _handler.End();

        (long[] redelivered, int[] publishedAgain) = Count();
        TestContext.Out.WriteLine(
            $"{count:N0} messages, {concurrency} at once: {redelivered.Sum()} handled again after {Rounds} kills of the handler ({string.Join(", ", redelivered.Where(static n => n > 0))}), "
            + $"{publishedAgain.Sum()} published again after {Rounds} kills of the publisher");
        int inHand = concurrency == 1 ? 1 : concurrency * BegunPerHandler;
        Assert.Multiple(() =>
        {
            Assert.That(redelivered.Where((_, incarnation) => !_handler.WasKilled(incarnation)), Is.All.Zero, "Handled again after it was stopped.");
            Assert.That(redelivered, Is.All.LessThanOrEqualTo(inHand), "Handled again after it was killed.");
            Assert.That(publishedAgain.Where((_, incarnation) => !_publisher.WasKilled(incarnation)), Is.All.Zero, "Published again after it was stopped.");
            Assert.That(publishedAgain, Is.All.LessThanOrEqualTo(1), "Published again after it was killed.");
        });

        void Interrupt(Incarnations host, bool kill)
        {
            interruptions++;
            // The publisher does not come to its end before: there is always something on its way.
            Volatile.Write(ref _journal.Limit, Math.Min(count, (interruptions + 2) * step));
            Until.True(() => Volatile.Read(ref _journal.Handled) >= interruptions * step);
            host.Restart(kill);
        }
    }

    /// <summary>How often what an incarnation of the handler had handled was handled again, and what one of the publisher had published was published again.</summary>
    private (long[] Redelivered, int[] PublishedAgain) Count()
    {
        int[] publishedAgain = new int[RestartJournal.MaxIncarnations];
        for (int number = 0; number < count; number++)
        {
            // The one that published it last knew of it.
            uint by = _journal.PublishedBy(number);
            for (by &= ~(1u << BitOperations.Log2(by)); by != 0; by &= by - 1)
            {
                publishedAgain[BitOperations.TrailingZeroCount(by)]++;
            }
        }
        return ([.. Enumerable.Range(0, RestartJournal.MaxIncarnations).Select(incarnation => _journal.Redelivered(incarnation))], publishedAgain);
    }

    /// <summary>One host, as the processes that it is one after the other.</summary>
    private sealed class Incarnations : IDisposable
    {
        private readonly Func<int, PeerProcess> _start;
        private readonly List<bool> _kills = [];
        private PeerProcess _now;

        internal Incarnations(Func<int, PeerProcess> start)
        {
            _start = start;
            _now = start(0);
        }

        internal bool WasKilled(int incarnation) => incarnation < _kills.Count && _kills[incarnation];

        internal void Restart(bool kill)
        {
            if (kill)
            {
                _now.Kill();
            }
            else
            {
                End();
            }
            _now.Dispose();
            _kills.Add(kill);
            _now = _start(_kills.Count);
        }

        internal void End()
        {
            _now.Signal(SigTerm);
            string said = _now.ReadToEnd();
            Assert.That(_now.ExitCode(), Is.Zero, said);
        }

        public void Dispose() => _now.Dispose();
    }
}
