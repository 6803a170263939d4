using System.Globalization;
using System.Text.RegularExpressions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Rings;

/// <summary>Some rounds of what <c>build/fuzz.sh</c> does for longer.</summary>
internal sealed partial class FuzzTests
{
    [Test]
    public void Whatever_a_process_writes_over_a_region_the_others_live_and_say_so()
    {
        using TestDirectory directory = new();
        int seed = Random.Shared.Next(2_000_000_000);
        using PeerProcess peer = PeerProcess.Start("fuzz", "0.15", seed, directory.Path);
        string last = "";
        string before = "";
        do
        {
            before = last;
            last = peer.ReadLine();
            TestContext.Out.WriteLine(last);
            Assert.That(last, Does.Not.Contain("VIOLATION"), $"build/fuzz.sh --seed {seed}");
        }
        while (last != "no violation");
        Assert.That(peer.ExitCode(), Is.Zero);
        foreach (string happened in (string[])["overwritten", "published", "read", "extended", "guarded", "trusting", "untrusting", "RingCorruptException"])
        {
            Assert.That(Count(before, happened), Is.Positive, $"{happened} in: {before}");
        }
    }

    private static long Count(string line, string name) =>
        Pair().Matches(line).Where(match => match.Groups[1].Value.Split(':')[^1] == name).Sum(match => long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"(\S+)=(\d+)")]
    private static partial Regex Pair();
}
