using System.Diagnostics;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>A browser without a window, for one page at a time; nothing of it stays outside of its directory.</summary>
internal sealed class Chromium : IDisposable
{
    private const string Console = ":CONSOLE";

    private static readonly string? Program = new[] { "chromium", "chromium-browser", "google-chrome" }.FirstOrDefault(Tool.Exists);

    // A short name: the path of a socket in it, too, may have 107 bytes.
    private readonly string _home = Directory.CreateTempSubdirectory("c-").FullName;

    /// <summary>Ignores the test where there is no browser.</summary>
    internal Chromium()
    {
        if (Program is null)
        {
            Directory.Delete(_home);
            Assert.Ignore("There is no Chromium here, which opens the report: apt-get install chromium");
        }
    }

    /// <summary>What a page has become once it is loaded and its scripts, if any, have run; and what it said on its console.</summary>
    internal (string Document, string[] Console) Load(string page)
    {
        (string output, string error) = Run("--dump-dom", page);
        return (output, [.. error.Split('\n').Where(static line => line.Contains(Console, StringComparison.Ordinal))]);
    }

    internal Image Picture(string page, int width, int height)
    {
        string file = Path.Combine(_home, "page.png");
        Run($"--screenshot={file}", $"--window-size={width},{height}", "--hide-scrollbars", page);
        return Image.Read(file);
    }

    public void Dispose()
    {
        // What it has started ends after it, and writes there until then.
        Until.True(() => !Directory.EnumerateDirectories("/proc").Any(IsOurs));
        Directory.Delete(_home, recursive: true);
    }

    private (string Output, string Error) Run(params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(Program!,
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-breakpad", "--disable-background-networking",
             "--enable-logging=stderr", $"--user-data-dir={Path.Combine(_home, "profile")}", "--window-size=1400,1000", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string variable in (string[])["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"])
        {
            start.Environment[variable] = _home;
        }
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, () => error.Result);
        return (output.Result, error.Result);
    }

    private bool IsOurs(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/cmdline").Contains(_home, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is none, it ended, or it is somebody else's.
            return false;
        }
    }
}
