using System.Reflection;
using System.Text.Json;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

internal sealed class DependencyTests
{
    [Test]
    public void The_library_refers_to_nothing_but_the_framework()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        AssemblyName[] references = typeof(Topic).Assembly.GetReferencedAssemblies();
        Assert.That(references, Is.Not.Empty);
        Assert.That(references.Where(reference => !File.Exists(Path.Combine(framework, reference.Name + ".dll"))), Is.Empty);
    }

    [Test]
    public void The_librarys_packages_are_analyzers_that_its_users_do_not_get()
    {
        // What restoring found, whichever file asked for it.
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllBytes(Repository.File("src", "ShmBus", "obj", "project.assets.json")));
        JsonElement framework = assets.RootElement.GetProperty("project").GetProperty("frameworks").GetProperty("net10.0");
        JsonElement restored = assets.RootElement.GetProperty("targets").GetProperty("net10.0");
        Assert.That(framework.GetProperty("dependencies").EnumerateObject().Select(static package => package.Name),
            Does.Contain("Microsoft.CodeAnalysis.BannedApiAnalyzers"), "This looks at the wrong place.");
        Assert.Multiple(() =>
        {
            foreach (JsonProperty package in framework.GetProperty("dependencies").EnumerateObject())
            {
                Assert.That(package.Value.TryGetProperty("suppressParent", out JsonElement kept) ? kept.GetString() : "nothing",
                    Is.EqualTo("All"), $"{package.Name} needs PrivateAssets=\"all\".");
            }
            foreach (JsonProperty package in restored.EnumerateObject())
            {
                Assert.That(package.Value.TryGetProperty("compile", out _) || package.Value.TryGetProperty("runtime", out _),
                    Is.False, $"{package.Name} is a library, not an analyzer.");
            }
        });
    }
}
