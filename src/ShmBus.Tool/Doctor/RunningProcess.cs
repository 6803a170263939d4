using System.Globalization;

namespace ShmBus.Tool.Doctor;

/// <summary>What /proc tells of a process. It may end at any time: then there is nothing.</summary>
internal sealed class RunningProcess
{
    private readonly string _root;

    private RunningProcess(string root, int id)
    {
        _root = root;
        Id = id;
    }

    internal int Id { get; }

    internal string Directory => $"{_root}/proc/{Id}";

    /// <summary>Its effective user, which stands second; null when it is gone.</summary>
    internal uint? User => Status("Uid:") is string users ? uint.Parse(users.Split('\t')[1], CultureInfo.InvariantCulture) : null;

    /// <summary>Whether a signal or a debugger keeps it from running.</summary>
    internal bool IsStopped => Status("State:") is string state && state[0] is 'T' or 't';

    /// <summary>The file name of its program, or null.</summary>
    internal string? Program => SystemFiles.ReadLink($"{Directory}/exe") is string path ? Path.GetFileName(path) : null;

    /// <summary>All that there are.</summary>
    internal static IEnumerable<RunningProcess> All(string root) =>
        SystemFiles.Names($"{root}/proc").Where(static name => char.IsAsciiDigit(name[0]))
            .Select(name => new RunningProcess(root, int.Parse(name, CultureInfo.InvariantCulture)));

    /// <summary>The one that an endpoint belongs to. Null where that cannot be said: in another PID namespace it has another number.</summary>
    internal static RunningProcess? Of(string root, Endpoints.EndpointInfo endpoint)
    {
        RunningProcess process = new(root, endpoint.ProcessId);
        return process.Program == endpoint.ProcessName ? process : null;
    }

    /// <summary>Its descriptors, by number, with where they lead. None where this user may not look.</summary>
    internal IEnumerable<(string Number, string Target)> Descriptors()
    {
        foreach (string number in SystemFiles.Names($"{Directory}/fd"))
        {
            if (SystemFiles.ReadLink($"{Directory}/fd/{number}") is string target)
            {
                yield return (number, target);
            }
        }
    }

    private string? Status(string name) => SystemFiles.ReadLines($"{Directory}/status")
        .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim();
}
