using System.Xml.Linq;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

internal sealed class RepositoryTests
{
    private static readonly string[] TopLevel =
    [
        "Directory.Build.props", "Directory.Packages.props", "LICENSE", "NuGet.config", "README.md", "ShmBus.sln",
        "build", "examples", "global.json", "perf", "src", "tests",
    ];

    // In pieces, or this file would be found.
    private static readonly string[] ForeignPlaces = ["../" + "shared", "/" + "work/", "." + "library"];

    [Test]
    public void The_top_level_holds_nothing_but_what_belongs_there()
    {
        IEnumerable<string> found = Repository.TrackedFiles().Select(static path => path.Split('/')[0]).Distinct();
        Assert.That(found.Where(static name => !name.StartsWith('.')), Is.EquivalentTo(TopLevel));
    }

    [Test]
    public void No_file_refers_to_a_place_outside_of_the_repository()
    {
        List<string> found = [];
        foreach (string path in Repository.TrackedFiles())
        {
            string text = File.ReadAllText(Repository.File(path));
            found.AddRange(ForeignPlaces.Where(place => text.Contains(place, StringComparison.Ordinal)).Select(place => $"{path}: {place}"));
        }
        Assert.That(found, Is.Empty);
    }

    [Test]
    public void Packages_come_from_the_SDKs_source_and_a_folder_that_is_kept_here()
    {
        XElement configuration = XElement.Load(Repository.File("NuGet.config"));
        string[] sources = [.. configuration.Descendants("packageSources").Elements("add").Select(static add => (string)add.Attribute("value")!)];
        Assert.That(sources, Is.Not.Empty);
        Assert.Multiple(() =>
        {
            Assert.That(configuration.ToString(), Does.Not.Contain("://"), "It names no registry's address.");
            Assert.That(configuration.Descendants("clear"), Is.Empty, "The default source stays.");
            // A folder that does not exist fails every restore, so git must have a file in it.
            Assert.That(sources, Is.All.Matches<string>(static folder =>
                Repository.TrackedFiles().Any(path => path.StartsWith(folder + "/", StringComparison.Ordinal))));
        });
    }

    [Test]
    public void Relative_links_lead_somewhere()
    {
        List<string> broken = [];
        foreach (string path in Repository.TrackedFiles().Where(static path => path.EndsWith(".md", StringComparison.Ordinal)))
        {
            broken.AddRange(MarkdownLinks.FindBroken(Repository.File(path)).Select(link => $"{path}: {link}"));
        }
        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void A_link_that_leads_nowhere_is_found()
    {
        using TestDirectory directory = new();
        File.WriteAllText(directory.File("other.md"), "Title\n=====\n\n## What `it` does, and why\n");
        File.WriteAllText(directory.File("code.cs"), "void Is_there() { }");
        File.WriteAllText(directory.File("page.md"), """
            # A page
            [good](code.cs "Is_there") [gone](code.cs "Is_there_not")
            [good](other.md) [good](#a-page) [good](other.md#what-it-does-and-why) [good](other.md#title) [good](https://example.org/x)
            [gone](gone.md) ![gone](gone.png "an image") [gone](#gone) [gone](other.md#gone) `[code](code.md)`
            ```
            [code](code.md)
            ```
            [name]: gone.txt
            """);
        Assert.That(MarkdownLinks.FindBroken(directory.File("page.md")), Is.EqualTo(["code.cs", "gone.md", "gone.png", "#gone", "other.md#gone", "gone.txt"]));
    }
}
