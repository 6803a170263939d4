using System.Net.Sockets;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>Names that lead to something else than a regular file.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RefusedTypes : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    [Test]
    public void A_directory_is_refused()
    {
        Directory.CreateDirectory(Path);
        ExpectRefusal("a directory");
    }

    [Test]
    public void A_named_pipe_is_refused_and_not_waited_for()
    {
        Posix.MakeNode(Path, Posix.NamedPipe);
        ExpectRefusal("a named pipe");
    }

    [Test]
    public void A_socket_is_refused()
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path));
        ExpectRefusal("a socket");
    }

    [Test]
    public void A_device_is_refused() => ExpectRefusal("a character device", "/dev/null");

    [Test]
    public void A_device_without_a_driver_is_refused_as_what_it_is()
    {
        Posix.RequireRoot("to make device files");
        // 240 to 254 are for local use; opening one that nobody serves fails, so its type must be known before.
        Posix.MakeNode(Path, Posix.CharacterDevice, 251, 77);
        ExpectRefusal("a character device");
        File.Delete(Path);
        Posix.MakeNode(Path, Posix.BlockDevice, 251, 77);
        ExpectRefusal("a block device");
    }

    [Test]
    public void A_symbolic_link_is_refused_even_to_a_good_topic()
    {
        Topic.OpenOrCreate(_directory.File("good")).Dispose();
        File.CreateSymbolicLink(Path, _directory.File("good"));
        ExpectRefusal("a symbolic link");
    }

    [Test]
    public void A_symbolic_link_to_nothing_is_refused_and_not_created_through()
    {
        File.CreateSymbolicLink(Path, _directory.File("nothing"));
        ExpectRefusal("a symbolic link");
        Assert.That(File.Exists(_directory.File("nothing")), Is.False);
    }

    [Test]
    public void A_directory_that_is_a_symbolic_link_is_refused()
    {
        Directory.CreateDirectory(_directory.File("real"), (UnixFileMode)0b111_000_000);
        Topic.OpenOrCreate(_directory.File("real/t")).Dispose();
        Directory.CreateSymbolicLink(_directory.File("link"), _directory.File("real"));
        ExpectRefusal("a symbolic link", _directory.File("link/t"), _directory.File("link"));
    }

    [Test]
    public void A_directory_that_is_a_symbolic_link_to_nothing_is_refused_and_not_created_through()
    {
        Directory.CreateSymbolicLink(_directory.File("link"), _directory.File("real"));
        ExpectRefusal("a symbolic link", _directory.File("link/t"), _directory.File("link"));
        Assert.That(Directory.Exists(_directory.File("real")), Is.False);
    }

    [Test]
    public void A_directory_that_is_a_file_is_refused()
    {
        File.WriteAllText(Path, "x");
        ExpectRefusal("a regular file", Path + "/t", Path);
    }

    [Test]
    public void A_path_that_names_no_file_is_refused(
        [Values("", "/", "/dev/shm/", "x\0y", "//", "/..")] string path)
    {
        Assert.Throws<ArgumentException>(() => Topic.Open(path).Dispose());
        Assert.Throws<ArgumentException>(() => Topic.OpenOrCreate(path).Dispose());
    }

    [Test]
    public void A_path_that_ends_in_dots_names_a_directory([Values(".", "..", "a/..")] string end)
    {
        string path = _directory.Path + "/" + end;
        ExpectRefusal("a directory", path, System.IO.Path.GetFullPath(path));
    }

    private void ExpectRefusal(string found, string? path = null, string? refused = null)
    {
        path ??= Path;
        foreach (Func<string, Topic> open in (Func<string, Topic>[])[file => Topic.Open(file), file => Topic.OpenOrCreate(file)])
        {
            RegionTypeException refusal = Assert.Throws<RegionTypeException>(() => open(path).Dispose())!;
            Assert.That(refusal.Message, Does.Contain(found).And.Contain("expected"));
            Assert.That(refusal.Path, Is.EqualTo(refused ?? path));
        }
    }
}
