using System.Globalization;

namespace ShmBus.Tool.Doctor;

/// <summary>Whether systemd removes the bus when its user logs out: it does so by default with all that a regular user has in /dev/shm.</summary>
internal sealed class RemoveIpcCheck() : Check("remove_ipc")
{
    // Where they stand, the strongest first.
    private static readonly string[] Places = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

    private const uint LastSystemUser = 999;

    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        string root = patient.Root;
        if (!patient.Directory.StartsWith("/dev/shm/", StringComparison.Ordinal))
        {
            yield return Ok("systemd", "the bus is not in /dev/shm, so no logout removes it");
        }
        else if (!Directory.Exists($"{root}/run/systemd/system"))
        {
            yield return Ok("systemd", "systemd does not run here, so no logout removes the bus");
        }
        else if (!RemovesIpc(root))
        {
            yield return Ok("systemd", "RemoveIPC is off, so no logout removes the bus");
        }
        else if (patient.User <= LastSystemUserOf(root))
        {
            yield return Ok("systemd", $"user {patient.User} is a system user, whose files no logout removes");
        }
        else if (NameOf(root, patient.User) is string name && File.Exists($"{root}/var/lib/systemd/linger/{name}"))
        {
            yield return Ok("systemd", $"user '{name}' lingers, so no logout removes the bus");
        }
        else
        {
            string who = NameOf(root, patient.User) ?? patient.User.ToString(CultureInfo.InvariantCulture);
            yield return Warning("systemd", $"RemoveIPC is on, and user '{who}' does not linger",
                "When the last session of this user ends, systemd deletes the topics in /dev/shm: those who have them open go on among themselves, and whoever comes later makes others.",
                $"Let the user linger (loginctl enable-linger {who}), set RemoveIPC=no in /etc/systemd/logind.conf, run as a system user, or use a directory elsewhere (--bus).");
        }
    }

    /// <summary>The last word on it: that of the file, then of the drop-ins in the order of their names.</summary>
    private static bool RemovesIpc(string root)
    {
        bool removes = true;
        string? main = Places.Select(place => $"{root}{place}/logind.conf").FirstOrDefault(File.Exists);
        SortedDictionary<string, string> dropIns = new(StringComparer.Ordinal);
        foreach (string directory in Places.Select(place => $"{root}{place}/logind.conf.d"))
        {
            foreach (string name in SystemFiles.Names(directory, "*.conf"))
            {
                // One of the same name in a stronger place stands for it.
                dropIns.TryAdd(name, $"{directory}/{name}");
            }
        }
        foreach (string file in (string[])[.. main is null ? [] : (string[])[main], .. dropIns.Values])
        {
            string section = "";
            foreach (string line in SystemFiles.ReadLines(file).Select(static line => line.Trim()))
            {
                section = line.StartsWith('[') ? line : section;
                string[] words = line.Split('=', 2, StringSplitOptions.TrimEntries);
                if (section == "[Login]" && words is ["RemoveIPC", string value])
                {
                    // Without a value it is what it is by default.
                    removes = value.ToLowerInvariant() is not ("no" or "n" or "false" or "f" or "off" or "0");
                }
            }
        }
        return removes;
    }

    private static uint LastSystemUserOf(string root)
    {
        foreach (string line in SystemFiles.ReadLines($"{root}/etc/login.defs"))
        {
            if (line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is ["SYS_UID_MAX", string text, ..] &&
                uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint last))
            {
                return last;
            }
        }
        return LastSystemUser;
    }

    private static string? NameOf(string root, uint user) => SystemFiles.ReadLines($"{root}/etc/passwd")
        .Select(static line => line.Split(':')).FirstOrDefault(fields => fields.Length > 2 && fields[2] == user.ToString(CultureInfo.InvariantCulture))?[0];
}
