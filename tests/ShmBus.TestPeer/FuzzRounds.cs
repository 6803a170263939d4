using System.Globalization;

namespace ShmBus.TestPeer;

/// <summary>
/// Publishers, one subscriber or two and one that writes over everything, each a process, for round after round with a topic of its own. Each
/// must live, do as it is told, and need no more memory than it should; now and then one is killed.
/// </summary>
internal sealed class FuzzRounds : IDisposable
{
    private const int MostSubscribers = 2;
    private const int MostPublishers = 3;

    /// <summary>Many times what such a process needs.</summary>
    private const long MostKilobytes = 512 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory;
    private readonly CancellationToken _interrupted;
    private readonly SoakPeer _scribbler;
    private readonly SoakPeer[] _endpoints = new SoakPeer[MostSubscribers + MostPublishers];

    internal FuzzRounds(string directory, CancellationToken interrupted)
    {
        _directory = directory;
        _interrupted = interrupted;
        _scribbler = Start("scribbler");
        for (int i = 0; i < _endpoints.Length; i++)
        {
            _endpoints[i] = Start(Role(i));
        }
    }

    internal FuzzCounts Total { get; } = new();

    internal long PeakKilobytes { get; private set; }

    /// <summary>One round. Everything but the time that things take follows from the seed.</summary>
    internal void Run(int seed)
    {
        Random random = new(seed);
        string path = Path.Combine(_directory, $"fuzzed-{seed}");
        int publishers = random.Next(2) == 0 ? 1 : random.Next(2, MostPublishers + 1);
        bool hasLanes = publishers > 1 && random.Next(2) == 0;
        TopicOptions options = new() { Capacity = Environment.SystemPageSize << random.Next(5), Publishers = publishers, Lanes = hasLanes };
        bool isBroadcast = !hasLanes && random.Next(3) > 0;
        using (Topic.OpenOrCreate(path, isBroadcast ? ToBroadcast(options, random) : options))
        {
        }
        int[] used = [.. Enumerable.Range(0, isBroadcast ? MostSubscribers : 1), .. Enumerable.Range(MostSubscribers, publishers)];
        try
        {
            foreach (int i in used)
            {
                Tell(_endpoints[i], path, random.Next());
            }
            // Lanes are files that publishers make: one of those may be written over as well.
            Thread.Sleep(hasLanes ? 50 : 0);
            Tell(_scribbler, path, random.Next());
            Thread.Sleep(random.Next(50, 500));
            if (random.Next(8) == 0)
            {
                Replace(used[random.Next(used.Length)], path, random.Next());
                Thread.Sleep(random.Next(200));
            }
            // Whoever is told to stop must do so, whether or not it is still written over.
            bool scribblesOn = random.Next(2) == 0;
            if (!scribblesOn)
            {
                Stop(_scribbler);
            }
            foreach (int i in used)
            {
                Stop(_endpoints[i]);
            }
            if (scribblesOn)
            {
                Stop(_scribbler);
            }
        }
        finally
        {
            foreach (string file in Directory.GetFiles(_directory))
            {
                File.Delete(file);
            }
        }
    }

    public void Dispose()
    {
        foreach (SoakPeer peer in _endpoints.Append(_scribbler))
        {
            peer.Dispose();
        }
    }

    private static string Role(int index) => index < MostSubscribers ? "subscriber" : "publisher";

    /// <summary>One whose publishers wait, evict, or overwrite.</summary>
    private static TopicOptions ToBroadcast(TopicOptions options, Random random)
    {
        options = options with { Delivery = Delivery.Broadcast, Subscribers = MostSubscribers + random.Next(3) };
        return random.Next(3) switch
        {
            0 when options.Publishers == 1 => options with { Overflow = Overflow.Overwrite },
            1 => options with { EvictionLag = options.Capacity },
            _ => options,
        };
    }

    private SoakPeer Start(string role)
    {
        SoakPeer peer = SoakPeer.Start("fuzz-peer", role);
        Expect(peer, "ready");
        return peer;
    }

    private void Tell(SoakPeer peer, string path, int seed)
    {
        peer.WriteLine($"use {path} {seed.ToString(CultureInfo.InvariantCulture)}");
        Expect(peer, "at work");
    }

    private void Replace(int index, string path, int seed)
    {
        SoakPeer killed = _endpoints[index];
        killed.RequireAlive();
        killed.Kill();
        Total.Add("kills");
        _endpoints[index] = Start(Role(index));
        killed.Dispose();
        Tell(_endpoints[index], path, seed);
    }

    private void Stop(SoakPeer peer)
    {
        peer.WriteLine("stop");
        Total.Add(FuzzCounts.Parse(peer.ReadLine(Patience, _interrupted)));
        long kilobytes = long.Parse(peer.ReadLine(Patience, _interrupted), CultureInfo.InvariantCulture);
        PeakKilobytes = Math.Max(PeakKilobytes, kilobytes);
        if (kilobytes > MostKilobytes)
        {
            throw new SoakException($"a process needs {kilobytes} kB");
        }
    }

    private void Expect(SoakPeer peer, string line)
    {
        string found = peer.ReadLine(Patience, _interrupted);
        if (found != line)
        {
            throw new SoakException($"a peer said '{found}', not '{line}'");
        }
    }
}
