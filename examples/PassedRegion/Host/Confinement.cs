using System.Diagnostics;

namespace PassedRegion;

/// <summary>What the plug-in is put under before it starts: programs of the machine (util-linux), each of which starts the next one.</summary>
/// <param name="Name">For people.</param>
/// <param name="Words">What stands in front of the command.</param>
internal sealed record Confinement(string Name, string[] Words)
{
    /// <summary>Nothing of the host's in shared memory, none of its processes, no network. All that is in there ends when unshare is ended.</summary>
    private static readonly string[] OwnNamespaces =
    [
        "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--ipc",
        "sh", "-c", "mount -t tmpfs -o size=4k none /dev/shm && \"$@\"; exit $?", "sh",
    ];

    private static readonly string[] Nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
    private static readonly string[] NoRights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];

    /// <summary>The strictest first.</summary>
    private static readonly Confinement[] All =
    [
        new("user 65534, with mounts, processes and network of its own", ["unshare", .. OwnNamespaces, .. Nobody]),
        new("this user, with mounts, processes and network of its own", ["unshare", "--user", "--map-root-user", .. OwnNamespaces, .. NoRights]),
        new("user 65534, and nothing more", Nobody),
        new("none but a process of its own", []),
    ];

    /// <summary>Finds out what this machine permits. Says what it does not, and why.</summary>
    /// <param name="command">Something that succeeds as soon as it is started.</param>
    internal static Confinement FindStrictest(string[] command)
    {
        foreach (Confinement confinement in All)
        {
            string? problem = confinement.WhyNot(command);
            if (problem is null)
            {
                return confinement;
            }
            Console.WriteLine($"not possible here: {confinement.Name} ({problem})");
        }
        throw new InvalidOperationException($"'{string.Join(' ', command)}' cannot be started at all.");
    }

    /// <summary>How to start a command under it: without this process's environment and input.</summary>
    internal ProcessStartInfo Start(string[] command)
    {
        string[] words = [.. Words, .. command];
        ProcessStartInfo start = new(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (string name in (string[])["PATH", "DOTNET_ROOT"])
        {
            start.Environment[name] = Environment.GetEnvironmentVariable(name);
        }
        // .NET would open a socket for debuggers, in the temporary directory of all.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }

    private string? WhyNot(string[] command)
    {
        try
        {
            using Process process = Process.Start(Start(command))!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{error}{output.Result}".Trim().Split('\n')[0];
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return exception.Message;
        }
    }
}
