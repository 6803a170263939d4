namespace ShmBus.Tests.Support;

/// <summary>
/// What a peer is put under before it starts: programs of the machine that end by executing the next one, so that it
/// concerns the peer alone and is gone with it. A machine that does not permit it has the test ignored, with what it said.
/// </summary>
internal sealed class Confinement
{
    private readonly string[] _words;

    internal Confinement() : this([]) { }

    private Confinement(string[] words) => _words = words;

    /// <summary>The words of the command line in front of the peer's own.</summary>
    internal IReadOnlyList<string> Words => _words;

    /// <summary>Whether the peer is in a PID namespace of its own, where it cannot name the process that started it.</summary>
    internal bool HasOwnProcesses => _words.Contains("--pid");

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>A limit of the shell's <c>ulimit</c>, for example <c>-n 100</c>.</summary>
    internal Confinement Limit(string option, int value) => Script($"ulimit {option} {value}");

    /// <summary>No capabilities: root then meets the checks that everybody meets.</summary>
    internal Confinement Unprivileged() => IsRoot ? Add("setpriv", "--bounding-set", "-all") : this;

    /// <summary>Another user, who is in one more group. Only root can be one.</summary>
    internal Confinement User(int user, int group)
    {
        Confinement other = Add("setpriv", $"--reuid={user}", $"--regid={user}", $"--groups={group}");
        string assembly = typeof(Confinement).Assembly.Location;
        if (!Tool.Run(other._words[0], [.. other._words[1..], "test", "-r", assembly]).Succeeded)
        {
            Assert.Ignore($"Other users cannot read {assembly}.");
        }
        return other;
    }

    /// <summary>A tmpfs of this many kilobytes on a directory, which nobody else sees.</summary>
    internal Confinement SmallFileSystem(string directory, int kilobytes) =>
        OwnNamespace("--mount").Script($"mount -t tmpfs -o size={kilobytes}k,mode=700 shmbus-test '{directory}'");

    /// <summary>An empty file system on a directory that nothing can be written to.</summary>
    internal Confinement ReadOnlyFileSystem(string directory) =>
        OwnNamespace("--mount").Script($"mount -t tmpfs -o ro,size=4k,mode=700 shmbus-test '{directory}'");

    /// <summary>No inotify: in a user namespace of its own the limit can be set for that alone.</summary>
    internal Confinement NoInotify() =>
        Add("unshare", "--user", "--map-root-user").Script("echo 0 > /proc/sys/user/max_inotify_instances");

    /// <summary>
    /// PID, mount and network namespaces of its own, as a container has them. Of shared memory only this directory is there, as
    /// /dev/shm. The peer is not the first process there, which nobody in there could kill.
    /// </summary>
    internal Confinement OwnNamespaces(string directory) =>
        OwnNamespace("--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net")
            .Add("sh", "-c", $"mount --bind '{directory}' /dev/shm && \"$@\"; exit $?", "sh");

    private Confinement OwnNamespace(params string[] kinds) =>
        IsRoot ? Add(["unshare", .. kinds]) : Add(["unshare", "--user", "--map-root-user", .. kinds]);

    private Confinement Script(string line) => Add("sh", "-c", $"{line} && exec \"$@\"", "sh");

    private Confinement Add(params string[] words)
    {
        Confinement more = new([.. _words, .. words]);
        if (!Tool.Exists(words[0]))
        {
            Assert.Ignore($"This machine has no '{words[0]}' (Debian: package util-linux).");
        }
        Tool.Result result = Tool.Run(more._words[0], [.. more._words[1..], "true"]);
        if (!result.Succeeded)
        {
            Assert.Ignore($"This machine, or the container, does not permit '{string.Join(' ', words)}': {result.Error.Trim()}");
        }
        return more;
    }
}
