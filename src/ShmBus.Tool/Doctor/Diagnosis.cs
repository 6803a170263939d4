using System.Text.Json.Serialization;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Doctor;

/// <summary>How much something matters.</summary>
[JsonConverter(typeof(SnakeCaseEnum<Severity>))]
internal enum Severity
{
    /// <summary>It was looked at, and is well.</summary>
    Ok,

    /// <summary>Good to know. It does not change the exit code.</summary>
    Note,

    /// <summary>It works, but worse than it could, or not for long.</summary>
    Warning,

    /// <summary>Something cannot work as it is.</summary>
    Error,
}

/// <summary>What a check found.</summary>
/// <param name="Check">The check, by its name.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Subject">The topic, file or call that it is about.</param>
/// <param name="Text">What was found.</param>
/// <param name="Meaning">What that means for messages; empty where all is well.</param>
/// <param name="Advice">What to do.</param>
internal sealed record Diagnosis(string Check, Severity Severity, string Subject, string Text, string Meaning = "", string Advice = "")
{
    /// <summary>What <c>--fix</c> does about it, or null where nothing is safe.</summary>
    public string? Fix => Repair?.Text;

    [JsonIgnore]
    internal Repair? Repair { get; init; }

    [JsonIgnore]
    internal bool IsTrouble => Severity >= Severity.Warning;
}

/// <summary>Something that is safe to do while others use the bus, and that loses no committed message.</summary>
/// <param name="Text">What it does.</param>
/// <param name="Apply">Does it, and says whether it was needed still.</param>
internal sealed record Repair(string Text, Func<bool> Apply);
