using System.CommandLine;
using System.Globalization;
using System.Text;
using ShmBus.Tool.Commands;

namespace ShmBus.Tool.Moving;

/// <summary>What stands between messages where they are a stream of bytes.</summary>
internal static class Delimiter
{
    internal static readonly byte[] LineEnd = [(byte)'\n'];

    /// <summary>What the options say; null for none.</summary>
    internal static byte[]? Of(ToolContext context, Option<bool> lines, Option<byte[]?> delimiter)
    {
        // One that was not given is an empty array.
        byte[]? text = context.Get(delimiter) is { Length: > 0 } given ? given : null;
        PubCommand.CheckUsage(text is not null && context.Get(lines), "Only one of --lines and --delimiter can be given.");
        return context.Get(lines) ? LineEnd : text;
    }

    internal static Option<byte[]?> Option(string description) => new("--delimiter")
    {
        Description = description + @" It may have the escapes \n, \r, \t, \0, \\ and \xHH.",
        HelpName = "TEXT",
        CustomParser = static parsed =>
        {
            if (TryParse(parsed.Tokens[0].Value, out byte[] bytes))
            {
                return bytes;
            }
            parsed.AddError(@"A delimiter is some text, which may have the escapes \n, \r, \t, \0, \\ and \xHH.");
            return null;
        },
    };

    internal static bool TryParse(string text, out byte[] bytes)
    {
        List<byte> found = [];
        bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                found.AddRange(Encoding.UTF8.GetBytes(text, i, length));
                i += length - 1;
                continue;
            }
            i++;
            switch (i < text.Length ? text[i] : '?')
            {
                case 'n': found.Add((byte)'\n'); break;
                case 'r': found.Add((byte)'\r'); break;
                case 't': found.Add((byte)'\t'); break;
                case '0': found.Add(0); break;
                case '\\': found.Add((byte)'\\'); break;
                case 'x' when i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value):
                    found.Add(value);
                    i += 2;
                    break;
                default: return false;
            }
        }
        bytes = [.. found];
        return bytes.Length > 0;
    }
}
