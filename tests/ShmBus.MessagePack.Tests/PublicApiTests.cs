using System.Reflection;
using ShmBus.Tests.House;
using ShmBus.Tests.Support;

namespace ShmBus.MessagePack.Tests;

/// <summary>What the package offers, and what it needs.</summary>
internal sealed class PublicApiTests
{
    private const string UpdateVariable = "SHMBUS_UPDATE_API";

    [Test]
    public void The_public_surface_is_the_one_that_was_agreed_on()
    {
        string baseline = Repository.File("tests", "ShmBus.MessagePack.Tests", "PublicApi.txt");
        string found = PublicApiText.Of(typeof(MessagePackReader).Assembly);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(baseline, found);
        }
        Assert.That(found, Is.EqualTo(File.ReadAllText(baseline)),
            $"If that was meant to change: {UpdateVariable}=1 dotnet test tests/ShmBus.MessagePack.Tests --filter PublicApiTests, and commit PublicApi.txt.");
    }

    [Test]
    public void The_package_refers_to_nothing_but_the_framework()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        AssemblyName[] references = typeof(MessagePackReader).Assembly.GetReferencedAssemblies();
        Assert.That(references, Is.Not.Empty);
        Assert.That(references.Where(reference => !File.Exists(Path.Combine(framework, reference.Name + ".dll"))), Is.Empty);
    }
}
