using ShmBus.Tool.Native;

namespace ShmBus.Tool.Doctor;

/// <summary>Whether the option HugePages of a topic does anything here.</summary>
internal sealed class HugePagesCheck() : Check("huge_pages")
{
    internal override IEnumerable<Diagnosis> Look(Patient patient)
    {
        string? problem = Kernel.TryHugePages();
        yield return problem is null
            ? Ok("kernel", "pages of shared memory can be gathered into huge ones (MADV_COLLAPSE)")
            : Note("kernel", $"pages of shared memory cannot be gathered into huge ones: {problem}",
                "The option HugePages of a topic has no effect. All works without.",
                "Use Linux 6.1 or later with transparent huge pages, if large topics are to be read at random.");
    }
}
