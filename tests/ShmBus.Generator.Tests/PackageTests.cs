using System.IO.Compression;
using System.Xml.Linq;
using ShmBus.Tests.Support;

namespace ShmBus.Generator.Tests;

/// <summary>Whoever has a package has its generator.</summary>
internal sealed class PackageTests
{
    [TestCase("ShmBus", new[] { "LAYOUT.md" }, new string[0])]
    [TestCase("ShmBus.MessagePack", new[] { "README.md", "FORMAT.md" }, new[] { "ShmBus" })]
    public void A_package_holds_its_generator_and_depends_on_ours_alone(string name, string[] documents, string[] dependencies)
    {
        using TestDirectory directory = new();
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        Tool.Result result = Tool.Run("dotnet", "pack", Repository.File("src", name), "-c", configuration, "--no-build", "-o", directory.Path,
            $"-p:NuspecOutputPath={directory.Path}/nuspec/", "-nodeReuse:false", "-nologo");
        Assert.That(result.Succeeded, Is.True, result.Output + result.Error);
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(directory.Path, "*.nupkg").Single());
        string[] entries = [.. package.Entries.Select(static entry => entry.FullName)];
        Assert.That(entries, Is.SupersetOf([$"lib/net10.0/{name}.dll", .. documents]));
        Assert.That(entries.Where(static entry => entry.StartsWith("analyzers/", StringComparison.Ordinal)), Is.EqualTo([$"analyzers/dotnet/cs/{name}.Generator.dll"]));
        using Stream nuspec = package.GetEntry($"{name}.nuspec")!.Open();
        Assert.That(XDocument.Load(nuspec).Descendants().Where(static each => each.Name.LocalName == "dependency").Select(static each => (string?)each.Attribute("id")), Is.EqualTo(dependencies));
    }
}
