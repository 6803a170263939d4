using System.Globalization;
using System.Text;
using ShmBus.Endpoints;

namespace ShmBus.Tool.Looking;

/// <summary>What this machine says of the process of an endpoint. A slot names it by its id, which may be that of another PID namespace, or used again.</summary>
/// <param name="CommandLine">Its words, with blanks between.</param>
/// <param name="IsStopped">Whether it was stopped: by SIGSTOP, by Ctrl-Z, or by a debugger.</param>
internal sealed record ProcessView(string CommandLine, bool IsStopped)
{
    private const int MostCharacters = 200;

    /// <summary>Looks at the process of an endpoint that is alive; null where it is not to be seen, or is another one.</summary>
    internal static ProcessView? Of(EndpointInfo endpoint)
    {
        if (!endpoint.IsAlive)
        {
            return null;
        }
        string process = $"/proc/{endpoint.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            if (Path.GetFileName(new FileInfo($"{process}/exe").LinkTarget) != endpoint.ProcessName)
            {
                return null;
            }
            string words = Encoding.UTF8.GetString(File.ReadAllBytes($"{process}/cmdline")).TrimEnd('\0').Replace('\0', ' ');
            string stat = File.ReadAllText($"{process}/stat");
            // The name before it is in parentheses, and may have any in it.
            char state = stat[stat.LastIndexOf(')') + 2];
            return new ProcessView(Plain(words), state is 'T' or 't');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone by now, or somebody else's.
            return null;
        }
    }

    private static string Plain(string words)
    {
        string shown = words.Length <= MostCharacters ? words : words[..MostCharacters] + "...";
        return string.Concat(shown.Select(static character => char.IsControl(character) ? '?' : character));
    }
}
