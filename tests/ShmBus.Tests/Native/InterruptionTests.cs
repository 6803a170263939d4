using System.Globalization;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Native;

/// <summary>
/// Signals that end calls with EINTR, in a process whose handler was installed without SA_RESTART. They are sent until their
/// effect is seen, because one that comes a moment before the call interrupts nothing.
/// </summary>
internal sealed class InterruptionTests
{
    private const int Sigusr1 = 10;

    [Test]
    public void An_interrupted_call_is_made_again_until_it_is_through()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("open-pipe-counting-calls", MakePipe(directory));
        peer.Expect("call 1");
        for (int call = 2; call <= 6; call++)
        {
            Assert.That(SignalUntilLine(peer), Is.EqualTo($"call {call}"));
        }
        using SafeFileHandle otherEnd = Libc.Open(directory.File("pipe"), Libc.O_RDWR);
        string line = peer.ReadLine();
        while (line.StartsWith("call", StringComparison.Ordinal))
        {
            line = peer.ReadLine();
        }
        Assert.That(line, Is.EqualTo("opened"));
    }

    [Test]
    public void Opening_goes_on_after_an_interruption()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("open-pipe", MakePipe(directory));
        peer.Expect("opening");
        SignalUntilSlept(peer, times: 20);
        using SafeFileHandle otherEnd = Libc.Open(directory.File("pipe"), Libc.O_RDWR);
        peer.Expect("opened");
    }

    [Test]
    public void A_parked_wait_goes_on_after_an_interruption()
    {
        using TestDirectory directory = new();
        using Topic topic = Topic.OpenOrCreate(directory.File("t"));
        using Publisher publisher = topic.CreatePublisher();
        using PeerProcess peer = PeerProcess.Start("wait-parked", directory.File("t"));
        peer.Expect("waiting");
        SignalUntilSlept(peer, times: 20);
        publisher.Publish([7]);
        peer.Expect("got 7");
    }

    [Test]
    public void An_interrupted_wait_of_the_death_watch_is_over_early_and_is_no_failure()
    {
        using PeerProcess peer = PeerProcess.Start("wait-readable");
        peer.Expect("waiting");
        Assert.That(SignalUntilLine(peer), Is.EqualTo("looking again"));
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    private static string MakePipe(TestDirectory directory)
    {
        Assert.That(Tool.Run("mkfifo", directory.File("pipe")).Succeeded);
        return directory.File("pipe");
    }

    private static string SignalUntilLine(PeerProcess peer)
    {
        Task<string> line = Task.Run(peer.ReadLine);
        while (!line.Wait(TimeSpan.FromMilliseconds(1)))
        {
            peer.Signal(Sigusr1);
        }
        return line.Result;
    }

    /// <summary>Signals until the main thread went to sleep that much more often: each interruption is one more sleep.</summary>
    private static void SignalUntilSlept(PeerProcess peer, int times)
    {
        try
        {
            long enough = SleepsOfMainThread(peer) + times;
            while (SleepsOfMainThread(peer) < enough)
            {
                peer.Signal(Sigusr1);
                Thread.Sleep(1);
            }
        }
        catch (IOException)
        {
            // It is gone: what it said last tells why.
            Assert.Fail($"The peer ended with {peer.ExitCode()}: {peer.ReadLine()}");
        }
    }

    private static long SleepsOfMainThread(PeerProcess peer)
    {
        const string field = "voluntary_ctxt_switches:";
        string line = File.ReadLines($"/proc/{peer.Id}/status").First(static line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(field.Length), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }
}
