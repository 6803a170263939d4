using System.Text.RegularExpressions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>
/// What SECURITY.md says that a peer cannot do, a test proves: each such row links to one. (That the links lead to methods of those
/// names is checked for all files at once.)
/// </summary>
internal sealed partial class SecurityTests
{
    private const string Path = "src/ShmBus/SECURITY.md";

    [Test]
    public void What_a_peer_cannot_do_is_proved_by_a_test()
    {
        string[] rows = [.. Rows(File.ReadAllLines(Repository.File(Path)))];
        Assert.That(rows, Is.Not.Empty);
        Assert.That(rows.Where(static row => !TestLink().IsMatch(row)), Is.Empty);
    }

    [Test]
    public void A_row_without_a_test_is_found()
    {
        string[] lines =
        [
            "| cannot | because |", "| --- | --- |", "| proved | [why](x.cs \"A_test\") |", "| not proved | [why](x.cs) |", "",
            "| can | how |", "| --- | --- |", "| anything | somehow |",
        ];
        Assert.That(Rows(lines).Where(static row => !TestLink().IsMatch(row)), Is.EqualTo(["| not proved | [why](x.cs) |"]));
    }

    /// <summary>The rows of all tables whose first heading begins with 'cannot'.</summary>
    private static IEnumerable<string> Rows(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("| cannot", StringComparison.Ordinal))
            {
                continue;
            }
            for (i += 2; i < lines.Length && lines[i].StartsWith('|'); i++)
            {
                yield return lines[i];
            }
        }
    }

    [GeneratedRegex(@"\]\([^)\s]+\.cs ""\w+""\)")]
    private static partial Regex TestLink();
}
