using System.IO.Compression;
using System.Xml.Linq;
using ShmBus.Tests.Support;

namespace ShmBus.MessagePack.Generator.Tests;

/// <summary>Whoever has the package has the generator.</summary>
internal sealed class PackageTests
{
    [Test]
    public void The_package_holds_the_generator_and_depends_on_ShmBus_alone()
    {
        using TestDirectory directory = new();
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        Tool.Result result = Tool.Run("dotnet", "pack", Repository.File("src", "ShmBus.MessagePack"), "-c", configuration, "--no-build", "-o", directory.Path,
            $"-p:NuspecOutputPath={directory.Path}/nuspec/", "-nodeReuse:false", "-nologo");
        Assert.That(result.Succeeded, Is.True, result.Output + result.Error);
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(directory.Path, "*.nupkg").Single());
        Assert.That(package.Entries.Select(static entry => entry.FullName), Is.SupersetOf(
            ["analyzers/dotnet/cs/ShmBus.MessagePack.Generator.dll", "lib/net10.0/ShmBus.MessagePack.dll", "README.md", "FORMAT.md"]));
        using Stream nuspec = package.GetEntry("ShmBus.MessagePack.nuspec")!.Open();
        Assert.That(XDocument.Load(nuspec).Descendants().Where(static each => each.Name.LocalName == "dependency").Select(static each => (string?)each.Attribute("id")), Is.EqualTo(["ShmBus"]));
    }
}
