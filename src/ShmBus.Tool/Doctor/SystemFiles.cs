namespace ShmBus.Tool.Doctor;

/// <summary>Small files of the system, which need not be there, and may go while they are read.</summary>
internal static class SystemFiles
{
    /// <summary>All of it, without the white space around; null where it cannot be read.</summary>
    internal static string? ReadText(string path) => Try(() => File.ReadAllText(path).Trim());

    /// <summary>Its lines; none where it cannot be read.</summary>
    internal static string[] ReadLines(string path) => Try(() => File.ReadAllLines(path)) ?? [];

    /// <summary>Where a symbolic link leads, as it stands there.</summary>
    internal static string? ReadLink(string path) => Try(() => new FileInfo(path).LinkTarget);

    /// <summary>What a directory holds, by name; nothing where it cannot be read.</summary>
    internal static string[] Names(string directory, string pattern = "*") =>
        Try(() => Directory.EnumerateFileSystemEntries(directory, pattern).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray()) ?? [];

    private static T? Try<T>(Func<T> read) where T : class?
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
