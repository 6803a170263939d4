using ShmBus.Regions;
using ShmBus.Tests.Support;

// Not ShmBus.Tests.Bus: in all other tests that would hide the class.
namespace ShmBus.Tests.Buses;

/// <summary>A bus in a directory of a test's own.</summary>
internal sealed class BusOfATest : IDisposable
{
    private readonly TestDirectory _parent = new();

    internal BusOfATest() => Bus = Bus.Open(Path);

    internal Bus Bus { get; }

    internal string Parent => _parent.Path;

    internal string Path => _parent.File("bus");

    internal IEnumerable<string> Files => Directory.GetFileSystemEntries(Path).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal)!;

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes a topic that nobody has open then.</summary>
    internal void Make(string name, TopicOptions? options = null) => Bus.OpenOrCreateTopic(name, options).Dispose();

    /// <summary>Writes over some bytes of a file.</summary>
    internal void Overwrite(string name, int offset, params byte[] bytes)
    {
        byte[] all = System.IO.File.ReadAllBytes(File(name));
        bytes.CopyTo(all, offset);
        System.IO.File.WriteAllBytes(File(name), all);
    }

    /// <summary>Makes a topic of a version that this library does not know.</summary>
    internal void MakeNewer(string name)
    {
        Make(name);
        Overwrite(name, RegionDescriptor.MajorVersionOffset, 2);
    }

    public void Dispose()
    {
        Bus.Dispose();
        _parent.Dispose();
    }
}
