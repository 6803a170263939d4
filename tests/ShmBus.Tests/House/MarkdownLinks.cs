using System.Text.RegularExpressions;

namespace ShmBus.Tests.House;

/// <summary>The links of a Markdown file to other files and to headings.</summary>
internal static partial class MarkdownLinks
{
    /// <summary>
    /// The links that lead to no file, or to no heading in it, or to no method of that name in C# code (the title of such a link is the
    /// name of a method). Addresses with a scheme are not followed.
    /// </summary>
    internal static IEnumerable<string> FindBroken(string file)
    {
        string text = WithoutCode(File.ReadAllText(file));
        foreach (Match match in Link().Matches(text).Concat(Definition().Matches(text)))
        {
            string link = match.Groups["target"].Value;
            if (!Scheme().IsMatch(link) && !(LeadsSomewhere(file, Uri.UnescapeDataString(link)) && HasMethod(file, link, match.Groups["title"].Value)))
            {
                yield return link;
            }
        }
    }

    private static bool LeadsSomewhere(string from, string link)
    {
        string[] parts = link.Split('#', 2);
        string target = parts[0].Length == 0 ? from : Path.Combine(Path.GetDirectoryName(from)!, parts[0]);
        return Path.Exists(target) && (parts.Length == 1 || !target.EndsWith(".md", StringComparison.Ordinal) || Anchors(target).Contains(parts[1]));
    }

    private static bool HasMethod(string from, string link, string title) =>
        title.Length == 0 || !link.EndsWith(".cs", StringComparison.Ordinal) ||
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(from)!, link)).Contains($" {title}(", StringComparison.Ordinal);

    /// <summary>The names that headings are given by the usual renderers: lower case, dashes for spaces, no punctuation.</summary>
    private static HashSet<string> Anchors(string file)
    {
        MatchCollection headings = Heading().Matches(FencedCode().Replace(File.ReadAllText(file), ""));
        return [.. headings.Select(static heading => NotInAnchors().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];
    }

    private static string WithoutCode(string text) => InlineCode().Replace(FencedCode().Replace(text, ""), "");

    [GeneratedRegex(@"\]\(<?(?<target>[^)\s>]+)>?(\s+""(?<title>[^""]*)"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^ {0,3}\[[^\]]+\]:\s*<?(?<target>[^\s>]+)", RegexOptions.Multiline)]
    private static partial Regex Definition();

    [GeneratedRegex(@"^(//|[a-zA-Z][a-zA-Z0-9+.-]*:)")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^#{1,6} +(?<text>.*)$|^(?<text>[^\n]+)\n(=+|-+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}_ -]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"^ *(```|~~~)[\s\S]*?^ *\1", RegexOptions.Multiline)]
    private static partial Regex FencedCode();

    [GeneratedRegex(@"`[^`\n]+`")]
    private static partial Regex InlineCode();
}
