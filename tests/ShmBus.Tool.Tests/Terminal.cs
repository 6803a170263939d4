using System.Globalization;

namespace ShmBus.Tool.Tests;

/// <summary>A real terminal with a program in it: tmux, of a server of its own, driven by keys, its screen captured as text. Everything of it goes when it is disposed.</summary>
internal sealed class Terminal : IDisposable
{
    private readonly TestDirectory _directory = new(Path.GetTempPath());

    /// <summary>Starts a command line of sh in a terminal of a size. Where there is no tmux, the test is ignored.</summary>
    internal Terminal(int width, int height, string command)
    {
        if (!MachineProgram.Exists("tmux"))
        {
            _directory.Dispose();
            Assert.Ignore("There is no tmux here, which is the terminal: apt-get install tmux");
        }
        Tmux("new-session", "-d", "-x", Text(width), "-y", Text(height), command);
    }

    /// <summary>The process in it.</summary>
    internal int ProcessId => int.Parse(Tmux("display-message", "-p", "#{pane_pid}"), CultureInfo.InvariantCulture);

    /// <summary>What stands on the screen now.</summary>
    internal string Screen => Tmux("capture-pane", "-p");

    internal string[] Lines => Screen.TrimEnd('\n').Split('\n');

    /// <summary>Presses a key, by its name in tmux: j, Enter, C-c.</summary>
    internal void Press(string key) => Tmux("send-keys", key);

    internal void Resize(int width, int height) => Tmux("resize-window", "-x", Text(width), "-y", Text(height));

    /// <summary>Waits until the screen is as expected.</summary>
    internal void Until(Func<string, bool> condition)
    {
        string screen = Screen;
        while (!condition(screen))
        {
            Thread.Sleep(50);
            screen = Screen;
        }
    }

    public void Dispose()
    {
        MachineProgram.Run("tmux", "-S", _directory.File("s"), "kill-server");
        _directory.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string Tmux(params string[] arguments)
    {
        // -u: its screen is UTF-8, whatever the locale says.
        MachineProgram.Result result = MachineProgram.Run("tmux", ["-u", "-f", "/dev/null", "-S", _directory.File("s"), .. arguments]);
        return result.Succeeded ? result.Output : throw new AssertionException($"tmux {string.Join(' ', arguments)}: {result.Error}");
    }
}
