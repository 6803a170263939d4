using System.Text.RegularExpressions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>The README's code, and what its programs print, to be compared with code and output.</summary>
internal static partial class ReadmeText
{
    private static readonly string Readme = File.ReadAllText(Repository.File("README.md"));

    /// <summary>All of it, each run of white space as one blank: lines are broken there to be read.</summary>
    internal static string Shown { get; } = OneLine(Readme);

    /// <summary>Blocks of C#, each as it stands.</summary>
    internal static string[] Code { get; } = CodeIn(Readme);

    /// <summary>Those below one heading, and the inline code in the first cells of its tables.</summary>
    internal static string[] CodeOf(string heading)
    {
        string section = SectionOf(heading);
        return [.. CodeIn(section), .. FirstCell().Matches(section).Select(static cell => cell.Groups["code"].Value)];
    }

    /// <summary>What stands below one heading.</summary>
    internal static string SectionOf(string heading) =>
        Regex.Match(Readme, $@"^## {Regex.Escape(heading)}\n(.*?)^## ", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;

    internal static string OneLine(string text) => WhiteSpace().Replace(text.Trim(), " ");

    /// <summary>The blocks of C# in a text.</summary>
    internal static string[] CodeIn(string text) => [.. CodeBlock().Matches(text).Select(static block => block.Groups["code"].Value)];

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^\| `(?<code>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex FirstCell();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
