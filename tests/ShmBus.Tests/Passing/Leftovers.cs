using System.Globalization;
using ShmBus.Native;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>What is left when those who were handed a region, and who handed it over, are gone.</summary>
internal sealed class Leftovers
{
    private readonly string _address = $"@shmbus-test-{Guid.NewGuid():N}";

    [Test]
    public void Nothing_is_left_when_both_sides_were_killed()
    {
        string[] before = Directory.GetFileSystemEntries("/dev/shm");
        using PeerProcess server = PeerProcess.Start("handover-serve", _address, 100);
        ulong inode = ulong.Parse(server.ReadLine().Split(' ')[1], CultureInfo.InvariantCulture);
        using PeerProcess publisher = PeerProcess.Start("handover-publish", _address, "numbers", 10);
        using PeerProcess holder = PeerProcess.Start("handover-hold", _address, "numbers");
        using PeerProcess bystander = PeerProcess.Start("handover-try", _address);
        publisher.Expect("published");
        holder.Expect("holding");
        // One that had it, and stays.
        bystander.WriteLine($"3600000 {RegionGrants.Subscribe} numbers");
        bystander.Expect("granted");
        Assert.That(Holders(inode), Is.EquivalentTo(new[] { server.Id, publisher.Id, holder.Id }), "so it can be found");
        Assert.That(Sockets(), Is.Not.Empty);
        server.Kill();
        Assert.That(Holders(inode), Is.EquivalentTo(new[] { publisher.Id, holder.Id }), "it lives for those who have it");
        publisher.Kill();
        holder.Kill();
        Assert.That(Holders(inode), Is.Empty);
        Assert.That(Sockets(), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries("/dev/shm").Except(before).Where(static path => !Path.GetFileName(path).StartsWith("shmbus-test-", StringComparison.Ordinal)), Is.Empty);
        bystander.WriteLine($"3600000 {RegionGrants.Subscribe} numbers");
        Assert.That(bystander.ReadLine(), Does.StartWith("ErrnoException connect").And.Contain("ECONNREFUSED"));
    }

    [Test]
    public void The_next_server_takes_a_path_that_a_killed_one_left()
    {
        using TestDirectory directory = new();
        string path = directory.File("socket");
        using (PeerProcess killed = PeerProcess.Start("handover-serve", path, 100))
        {
            Assert.That(killed.ReadLine(), Does.StartWith("serving"));
            killed.Kill();
        }
        Assert.That(Directory.GetFileSystemEntries(directory.Path), Is.EqualTo(new[] { path }), "the socket alone");
        Assert.That(() => RegionClient.Connect(path), Throws.TypeOf<ErrnoException>().With.Property(nameof(ErrnoException.Error)).EqualTo(ErrorNumber.ECONNREFUSED));
        using (RegionServer next = new(path))
        {
            next.Start();
            RegionClient.Connect(path).Dispose();
        }
        Assert.That(Directory.GetFileSystemEntries(directory.Path), Is.Empty);
    }

    [Test]
    public void A_path_that_a_living_server_has_is_left_to_it()
    {
        using TestDirectory directory = new();
        string path = directory.File("socket");
        using PeerProcess living = PeerProcess.Start("handover-serve", path, 100);
        Assert.That(living.ReadLine(), Does.StartWith("serving"));
        ExpectRefusal(path, ErrorNumber.EADDRINUSE);
        // Also when it is busy.
        living.Stop();
        ExpectRefusal(path, ErrorNumber.EADDRINUSE);
        living.Continue();
        using RegionClient client = RegionClient.Connect(path);
        client.CreateObserver("numbers").Dispose();
        Assert.That(Directory.GetFileSystemEntries(directory.Path), Is.EqualTo(new[] { path }));
    }

    [Test]
    public void Of_many_servers_that_start_at_once_where_one_was_killed_one_serves([Range(1, 20)] int round)
    {
        using TestDirectory directory = new();
        string path = directory.File("socket");
        Posix.MakeNode(path, Posix.Socket);
        using Barrier together = new(2);
        RegionServer?[] servers = new RegionServer?[2];
        Thread[] threads = [.. servers.Select((_, i) => new Thread(() =>
        {
            together.SignalAndWait();
            try
            {
                servers[i] = new RegionServer(path);
            }
            catch (ErrnoException exception) when (exception.Error == ErrorNumber.EADDRINUSE)
            {
                // The other one was first.
            }
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        RegionServer serving = servers.OfType<RegionServer>().Single();
        serving.Start();
        RegionClient.Connect(path).Dispose();
        serving.Dispose();
        Assert.That(Directory.GetFileSystemEntries(directory.Path), Is.Empty, $"round {round}");
    }

    [Test]
    public void A_directory_that_is_not_there_is_named_on_both_sides()
    {
        using TestDirectory directory = new();
        string path = Path.Combine(directory.File("missing"), "socket");
        Assert.Multiple(() =>
        {
            Assert.That(() => new RegionServer(path), Throws.TypeOf<NotFoundErrnoException>().With.Message.Contains($"'{path}'").And.Message.Contains("Make the directory first"));
            Assert.That(() => RegionClient.Connect(path), Throws.TypeOf<NotFoundErrnoException>().With.Message.Contains($"'{path}'").And.Message.Contains("RegionServer must have started"));
        });
    }

    [Test]
    public void A_path_that_nobody_could_connect_to_is_refused()
    {
        using TestDirectory directory = new();
        Assert.That(() => new RegionServer(directory.File(new string('x', 100))), Throws.ArgumentException.With.Message.Contains("107"));
    }

    [Test]
    public void What_is_no_socket_is_not_touched([Values] bool isDirectory)
    {
        using TestDirectory directory = new();
        string path = directory.File("precious");
        if (isDirectory)
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            File.WriteAllText(path, "precious");
        }
        ExpectRefusal(path, ErrorNumber.EEXIST);
        Assert.That(isDirectory ? Directory.Exists(path) : File.ReadAllText(path) == "precious");
        Assert.That(Directory.GetFileSystemEntries(directory.Path), Is.EqualTo(new[] { path }));
    }

    [Test]
    public void A_link_is_not_followed_to_what_it_names()
    {
        using TestDirectory directory = new();
        File.WriteAllText(directory.File("precious"), "precious");
        File.CreateSymbolicLink(directory.File("link"), directory.File("precious"));
        ExpectRefusal(directory.File("link"), ErrorNumber.EEXIST);
        Assert.That(File.ReadAllText(directory.File("precious")), Is.EqualTo("precious"));
    }

    [Test]
    public void A_server_that_is_disposed_twice_does_not_remove_its_successors_socket()
    {
        // On a disk, where the number of a file that is gone is soon another's.
        using TestDirectory directory = new(Disk.Path);
        string path = directory.File("socket");
        for (int i = 0; i < 20; i++)
        {
            RegionServer first = new(path);
            first.Dispose();
            using RegionServer second = new(path);
            first.Dispose();
            Assert.That(File.Exists(path));
        }
    }

    [Test]
    public void The_modes_of_paths_let_in_whom_the_options_do([Values] bool others)
    {
        using TestDirectory directory = new();
        using RegionServer server = new(directory.File("socket"), new RegionServerOptions { AllowedUsers = others ? [1000] : [] });
        Assert.That((int)File.GetUnixFileMode(directory.File("socket")), Is.EqualTo(others ? 0b110_110_110 : 0b110_000_000));
    }

    [TestCase("")]
    [TestCase("@")]
    [TestCase("x\0y")]
    [TestCase("@x\0y")]
    public void What_is_no_address_is_refused(string address)
    {
        Assert.That(() => new RegionServer(address), Throws.ArgumentException);
        Assert.That(() => RegionClient.Connect(address), Throws.ArgumentException);
    }

    [Test]
    public void An_abstract_address_that_is_taken_is_refused_and_free_at_once_after_a_kill()
    {
        using (PeerProcess server = PeerProcess.Start("handover-serve", _address, 100))
        {
            Assert.That(server.ReadLine(), Does.StartWith("serving"));
            ExpectRefusal(_address, ErrorNumber.EADDRINUSE);
            server.Kill();
        }
        new RegionServer(_address).Dispose();
        new RegionServer(_address).Dispose();
    }

    private static void ExpectRefusal(string address, ErrorNumber error) =>
        Assert.That(() => new RegionServer(address), Throws.InstanceOf<ErrnoException>().With.Property(nameof(ErrnoException.Error)).EqualTo(error).And.Message.Contains(address));

    private IEnumerable<string> Sockets() => File.ReadLines("/proc/net/unix").Where(line => line.Contains(_address, StringComparison.Ordinal));

    /// <summary>The processes that have an anonymous file open or mapped.</summary>
    private static List<int> Holders(ulong inode)
    {
        List<int> holders = [];
        foreach (string process in Directory.GetDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            if (HasOpen(process, inode) || HasMapped(process, inode))
            {
                holders.Add(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));
            }
        }
        return holders;
    }

    private static bool HasOpen(string process, ulong inode) => Look(() => Directory.EnumerateFileSystemEntries(process + "/fd").Any(entry =>
        new FileInfo(entry).LinkTarget?.StartsWith("/memfd:shmbus", StringComparison.Ordinal) == true && InodeOf(entry) == inode));

    private static bool HasMapped(string process, ulong inode) => Look(() => File.ReadLines(process + "/maps").Any(line =>
        line.Contains("/memfd:shmbus", StringComparison.Ordinal) && line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4] == inode.ToString(CultureInfo.InvariantCulture)));

    private static ulong InodeOf(string descriptor)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = Libc.Open(descriptor, Libc.O_PATH);
        return file.IsInvalid ? 0 : Libc.Fstat(file, descriptor).Id.Inode;
    }

    private static bool Look(Func<bool> look)
    {
        try
        {
            return look();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone, or somebody else's: who has it is this user's.
            return false;
        }
    }
}
