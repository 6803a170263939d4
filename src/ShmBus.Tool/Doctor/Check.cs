namespace ShmBus.Tool.Doctor;

/// <summary>One thing that can be wrong. It looks, and changes nothing.</summary>
/// <param name="name">A word for scripts, the same for ever.</param>
internal abstract class Check(string name)
{
    internal string Name => name;

    /// <summary>What is found: at least one finding, also where all is well.</summary>
    internal abstract IEnumerable<Diagnosis> Look(Patient patient);

    protected Diagnosis Ok(string subject, string text) => new(name, Severity.Ok, subject, text);

    protected Diagnosis Note(string subject, string text, string meaning, string advice) => new(name, Severity.Note, subject, text, meaning, advice);

    protected Diagnosis Warning(string subject, string text, string meaning, string advice) => new(name, Severity.Warning, subject, text, meaning, advice);

    protected Diagnosis Error(string subject, string text, string meaning, string advice) => new(name, Severity.Error, subject, text, meaning, advice);
}
