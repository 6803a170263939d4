namespace ShmBus.Tests.Support;

/// <summary>The repository that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>Its top directory.</summary>
    internal static string Root { get; } = FindRoot();

    internal static string File(params IEnumerable<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>The files that are kept in git, by their paths from the top. Where there is no git to ask, the test is ignored.</summary>
    internal static IReadOnlyList<string> TrackedFiles()
    {
        if (!Tool.Exists("git"))
        {
            Assert.Ignore("There is no git here, which tells the repository's files from others: apt-get install git");
        }
        // A checkout that belongs to another user, as in a container, is read all the same. -z: names as they are, unquoted.
        Tool.Result result = Tool.Run("git", "-c", "safe.directory=*", "-C", Root, "ls-files", "-z");
        if (!result.Succeeded)
        {
            Assert.Ignore($"{Root} is no git checkout: {result.Error.Trim()}");
        }
        // What was deleted and not committed yet is still listed.
        return [.. result.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(static path => System.IO.File.Exists(File(path)))];
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(directory.FullName, "ShmBus.sln")))
            {
                return directory.FullName;
            }
        }
        throw new InvalidOperationException($"There is no ShmBus.sln above {AppContext.BaseDirectory}.");
    }
}
