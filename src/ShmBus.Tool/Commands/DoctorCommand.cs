using System.CommandLine;
using System.Text;
using ShmBus.Tool.Doctor;
using ShmBus.Tool.Native;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>Looks for all that is known to keep processes from meeting, and says what each finding means and what to do.</summary>
internal static class DoctorCommand
{
    private static readonly Check[] Checks =
    [
        new FutexWaitvCheck(), new MembarrierCheck(), new MemfdCheck(), new InotifyCheck(), new HugePagesCheck(), new LimitsCheck(),
        new DirectoryCheck(), new SpaceCheck(), new RemoveIpcCheck(), new LeftoversCheck(), new FilesCheck(), new UnlinkedCheck(),
        new EndpointsCheck(), new ClaimsCheck(), new FlowCheck(), new RingCheck(),
    ];

    private static readonly Option<bool> Fix = new("--fix")
    {
        Description = "Do what is safe: nothing that a living process uses is touched, and no committed message is lost. Without it, this is only listed.",
    };

    internal static Command Create()
    {
        var command = new ToolCommand("doctor",
            "Looks for what keeps processes from meeting: in the kernel, in shared memory, on the bus. Ends with 1 if there is a warning or an error.",
            "shmbus doctor", "shmbus doctor --bus /dev/shm/shmbus-1000", "shmbus doctor --fix", "shmbus doctor --json | jq '.findings[] | select(.severity == \"error\")'");
        command.Options.Add(Fix);
        command.Run(RunAsync);
        return command;
    }

    private static async Task<ExitCode> RunAsync(ToolContext context, CancellationToken cancellation)
    {
        using Patient patient = await Patient.LookAtAsync(context.BusOptions, root: "", Kernel.EffectiveUser, cancellation).ConfigureAwait(false);
        List<Diagnosis> found = Examine(patient);
        List<string> done = context.Get(Fix) ? Treat(found) : [];
        if (done.Count > 0)
        {
            using Patient treated = await Patient.LookAtAsync(context.BusOptions, root: "", Kernel.EffectiveUser, cancellation).ConfigureAwait(false);
            found = Examine(treated);
        }
        context.Write(new DoctorReport(patient.Directory, found, done), ToolJson.Default.DoctorReport, output => WriteText(output, found, done));
        return found.Exists(static diagnosis => diagnosis.IsTrouble) ? ExitCode.Finding : ExitCode.Success;
    }

    /// <summary>What all checks find. One that fails does not keep the others from looking.</summary>
    private static List<Diagnosis> Examine(Patient patient)
    {
        List<Diagnosis> findings = [];
        foreach (Check check in Checks)
        {
            try
            {
                findings.AddRange(check.Look(patient));
            }
            catch (Exception exception) when (Failure.CodeOf(exception) is not null)
            {
                findings.Add(new Diagnosis(check.Name, Severity.Error, patient.Directory, exception.Message.ReplaceLineEndings(" "), "This could not be looked at.", "See the message."));
            }
        }
        return findings;
    }

    /// <summary>Does what is safe. What several findings ask for is done once.</summary>
    private static List<string> Treat(List<Diagnosis> findings)
    {
        List<string> done = [];
        foreach (Repair repair in findings.Select(static finding => finding.Repair).OfType<Repair>().DistinctBy(static repair => repair.Text))
        {
            if (repair.Apply())
            {
                done.Add(repair.Text);
            }
        }
        return done;
    }

    private static void WriteText(TextWriter output, List<Diagnosis> findings, List<string> done)
    {
        foreach (string text in done)
        {
            output.WriteLine($"fixed    {text}");
        }
        foreach (Diagnosis finding in findings)
        {
            WriteWrapped(output, $"{finding.Severity.ToString().ToLowerInvariant(),-8} {finding.Check,-12} ", $"{finding.Subject}: {finding.Text}");
            WriteDetail(output, "means", finding.Meaning);
            WriteDetail(output, "do", finding.Advice);
            WriteDetail(output, "--fix", finding.Fix);
        }
        output.WriteLine(Summary(findings));
    }

    private static void WriteDetail(TextWriter output, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            WriteWrapped(output, $"{"",-9}{name + ":",-12} ", text);
        }
    }

    /// <summary>On a terminal, lines that are too long go on below their text; elsewhere they stay whole.</summary>
    private static void WriteWrapped(TextWriter output, string head, string text)
    {
        int width = Console.IsOutputRedirected ? int.MaxValue : Math.Max(Console.WindowWidth, head.Length + 20);
        StringBuilder line = new(head);
        foreach (string word in Plain(text).Split(' '))
        {
            if (line.Length + word.Length >= width && line.Length > head.Length)
            {
                output.WriteLine(line.ToString().TrimEnd());
                line.Clear().Append(' ', head.Length);
            }
            line.Append(word).Append(' ');
        }
        output.WriteLine(line.ToString().TrimEnd());
    }

    /// <summary>The names of files may be any: they must not steer the terminal.</summary>
    private static string Plain(string text) => string.Concat(text.Select(static character => char.IsControl(character) ? '?' : character));

    private static string Summary(List<Diagnosis> findings)
    {
        string Count(Severity severity)
        {
            int count = findings.Count(finding => finding.Severity == severity);
            return $"{count} {severity.ToString().ToLowerInvariant()}{(count == 1 ? "" : "s")}";
        }
        return findings.Exists(static finding => finding.IsTrouble) ? $"{Count(Severity.Error)}, {Count(Severity.Warning)}." : "All is well.";
    }
}

/// <param name="Bus">The directory that was looked at.</param>
/// <param name="Findings">What was found, after what was fixed.</param>
/// <param name="Fixed">What was done.</param>
internal sealed record DoctorReport(string Bus, IReadOnlyList<Diagnosis> Findings, IReadOnlyList<string> Fixed);
