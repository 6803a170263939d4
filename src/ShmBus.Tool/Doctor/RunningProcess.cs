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

    /// <summary>All that there are.</summary>
    internal static IEnumerable<RunningProcess> All(string root) =>
        SystemFiles.Names($"{root}/proc").Where(static name => char.IsAsciiDigit(name[0]))
            .Select(name => new RunningProcess(root, int.Parse(name, CultureInfo.InvariantCulture)));

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
