using System.Reflection;
using ShmBus.Tests.House;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests;

/// <summary>What the package offers, and what it needs.</summary>
internal sealed class PublicApiTests
{
    private const string UpdateVariable = "SHMBUS_UPDATE_API";

    [Test]
    public void The_public_surface_is_the_one_that_was_agreed_on()
    {
        string baseline = Repository.File("tests", "ShmBus.Hosting.Tests", "PublicApi.txt");
        string found = PublicApiText.Of(typeof(ShmBusBuilder).Assembly);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(baseline, found);
        }
        Assert.That(found, Is.EqualTo(File.ReadAllText(baseline)),
            $"If that was meant to change: {UpdateVariable}=1 dotnet test tests/ShmBus.Hosting.Tests --filter PublicApiTests, and commit PublicApi.txt.");
    }

    [Test]
    public void The_package_refers_to_the_core_the_framework_and_its_extensions_only()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        AssemblyName[] references = typeof(ShmBusBuilder).Assembly.GetReferencedAssemblies();
        Assert.That(references.Select(static reference => reference.Name), Has.Member("ShmBus"));
        Assert.That(
            references.Where(reference => !File.Exists(Path.Combine(framework, reference.Name + ".dll")))
                .Select(static reference => reference.Name!)
                .Where(static name => name != "ShmBus" && !name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)),
            Is.Empty);
    }
}
