namespace ShmBus.Tool.Tests;

/// <summary>A bus in a directory of a test's own, and what can go wrong there, brought about for real.</summary>
internal sealed class BrokenBus : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TestDirectory _parent = new();

    internal BrokenBus() => Bus = Bus.Open(Directory);

    internal Bus Bus { get; }

    internal string Parent => _parent.Path;

    internal string Directory => _parent.File("bus");

    internal string File(string name) => Path.Combine(Directory, name);

    /// <summary>Makes a topic that nobody has open then, and returns its path.</summary>
    internal string Make(string name, TopicOptions? options = null)
    {
        Bus.OpenOrCreateTopic(name, options).Dispose();
        return File(name);
    }

    /// <summary>One whose file was cut off.</summary>
    internal void MakeTruncated(string name)
    {
        using FileStream file = new(Make(name), FileMode.Open);
        file.SetLength(10_000);
    }

    /// <summary>One of a version that this library does not know.</summary>
    internal void MakeNewer(string name)
    {
        using FileStream file = new(Make(name), FileMode.Open);
        // The major version.
        file.Position = 8;
        file.WriteByte(2);
    }

    internal void MakeGarbage(string name, int length = 5000)
    {
        byte[] bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        System.IO.File.WriteAllBytes(File(name), bytes);
        System.IO.File.SetUnixFileMode(File(name), OwnerOnly);
    }

    /// <summary>One that everybody may write to.</summary>
    internal void MakeOpenToAll(string name) => System.IO.File.SetUnixFileMode(Make(name), OwnerOnly | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);

    /// <summary>A publisher that was killed with a message in the making, after three.</summary>
    internal void MakeAbandonedClaim(string name)
    {
        using PeerProcess peer = LibraryPeer.Start("die-in-claim", Make(name), 3);
        peer.ExitCode();
    }

    /// <summary>A publisher that stopped with a message in the making, after three.</summary>
    internal PeerProcess MakeStuckClaim(string name, TopicOptions? options = null)
    {
        PeerProcess peer = LibraryPeer.Start("pause-in-claim", Make(name, options), 3);
        peer.Expect("in claim");
        return peer;
    }

    /// <summary>Whose name was removed while a process has it open.</summary>
    internal PeerProcess MakeUnlinked(string name)
    {
        PeerProcess peer = LibraryPeer.Start("hold", Make(name), "publisher");
        peer.Expect("holding");
        System.IO.File.Delete(File(name));
        return peer;
    }

    internal ToolProcess.Result Run(params IEnumerable<object> arguments) => ToolProcess.Run([.. arguments, "--bus", Directory]);

    internal ToolProcess Start(params IEnumerable<object> arguments) => ToolProcess.Start([.. arguments, "--bus", Directory]);

    public void Dispose()
    {
        Bus.Dispose();
        _parent.Dispose();
    }
}
