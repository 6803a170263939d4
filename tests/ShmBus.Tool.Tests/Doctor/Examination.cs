using System.Text.Json;
using ShmBus.Tool.Doctor;

namespace ShmBus.Tool.Tests.Doctor;

/// <summary>A run of the doctor, as a process of its own: what it found, and how it ended.</summary>
internal sealed class Examination
{
    private Examination(ExitCode exitCode, JsonElement report)
    {
        ExitCode = exitCode;
        Findings = [.. report.GetProperty("findings").EnumerateArray().Select(Read)];
        Fixed = [.. report.GetProperty("fixed").EnumerateArray().Select(static text => text.GetString()!)];
    }

    internal ExitCode ExitCode { get; }

    internal IReadOnlyList<Found> Findings { get; }

    internal IReadOnlyList<string> Fixed { get; }

    /// <summary>Warnings and errors.</summary>
    internal IEnumerable<Found> Troubles => Findings.Where(static finding => finding.Severity >= Severity.Warning);

    internal static Examination Of(string bus, params string[] options)
    {
        ToolProcess.Result result = ToolProcess.Run(["doctor", "--json", "--bus", bus, .. options]);
        Assert.That(result.Error, Is.Empty);
        return new Examination(result.ExitCode, result.Json);
    }

    /// <summary>The same under limits, or with less than it should have.</summary>
    internal static Examination Under(IEnumerable<string> words, string bus)
    {
        string[] all = [.. words, "dotnet", typeof(ToolCommand).Assembly.Location, "doctor", "--json", "--bus", bus];
        ShmBus.Tests.Support.Tool.Result result = ShmBus.Tests.Support.Tool.Run(all[0], all[1..]);
        Assert.That(result.Error, Is.Empty);
        return new Examination((ExitCode)result.ExitCode, JsonElement.Parse(result.Output));
    }

    /// <summary>What a check found, about one subject where it is given.</summary>
    internal Found The(string check, string? subject = null) =>
        Findings.Single(finding => finding.Check == check && (subject is null || finding.Subject == subject));

    private static Found Read(JsonElement finding) => new(
        finding.GetProperty("check").GetString()!, Enum.Parse<Severity>(finding.GetProperty("severity").GetString()!, ignoreCase: true),
        finding.GetProperty("subject").GetString()!, finding.GetProperty("text").GetString()!, finding.GetProperty("meaning").GetString()!,
        finding.GetProperty("advice").GetString()!, finding.GetProperty("fix").GetString());

    /// <summary>A finding as it stands in JSON.</summary>
    internal sealed record Found(string Check, Severity Severity, string Subject, string Text, string Meaning, string Advice, string? Fix);
}
