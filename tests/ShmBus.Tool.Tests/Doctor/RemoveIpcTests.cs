using ShmBus.Tool.Doctor;

namespace ShmBus.Tool.Tests.Doctor;

/// <summary>
/// Whether a logout removes the bus, from files of systemd as they would be on a machine where it runs: to log out here would take one.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RemoveIpcTests : IDisposable
{
    private readonly TestDirectory _root = new();

    public RemoveIpcTests()
    {
        Directory.CreateDirectory(_root.File("run/systemd/system"));
        Write("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
    }

    public void Dispose() => _root.Dispose();

    [Test]
    public void By_default_it_does()
    {
        Diagnosis found = Look();
        Assert.That(found.Severity, Is.EqualTo(Severity.Warning));
        Assert.That(found.Text, Is.EqualTo("RemoveIPC is on, and user 'ann' does not linger"));
        Assert.That(found.Advice, Does.Contain("loginctl enable-linger ann"));
    }

    [Test]
    public void Not_where_systemd_does_not_run()
    {
        Directory.Delete(_root.File("run"), recursive: true);
        Assert.That(Look().Severity, Is.EqualTo(Severity.Ok));
    }

    [Test]
    public void Not_for_a_bus_elsewhere() => Assert.That(Look(directory: "/tmp/shmbus-test-none/bus").Severity, Is.EqualTo(Severity.Ok));

    [TestCase(0u)]
    [TestCase(999u)]
    public void Not_for_system_users(uint user) => Assert.That(Look(user).Severity, Is.EqualTo(Severity.Ok));

    [Test]
    public void Which_users_are_of_the_system_stands_in_a_file()
    {
        Write("etc/login.defs", "# users\nSYS_UID_MAX\t\t499\n");
        Assert.That((Look(499).Severity, Look(500).Severity), Is.EqualTo((Severity.Ok, Severity.Warning)));
    }

    [Test]
    public void Not_for_one_who_lingers()
    {
        Write("var/lib/systemd/linger/ann", "");
        Assert.That(Look().Severity, Is.EqualTo(Severity.Ok));
        Assert.That(Look(1001).Severity, Is.EqualTo(Severity.Warning));
    }

    [TestCase("[Login]\nRemoveIPC=no\n", Severity.Ok)]
    [TestCase("[Login]\n RemoveIPC = False \n", Severity.Ok)]
    [TestCase("[Login]\n#RemoveIPC=no\n", Severity.Warning)]
    [TestCase("[Other]\nRemoveIPC=no\n", Severity.Warning)]
    [TestCase("[Login]\nRemoveIPC=no\nRemoveIPC=yes\n", Severity.Warning)]
    [TestCase("[Login]\nRemoveIPC=no\nRemoveIPC=\n", Severity.Warning)]
    public void As_the_configuration_says(string text, Severity expected)
    {
        Write("etc/systemd/logind.conf", text);
        Assert.That(Look().Severity, Is.EqualTo(expected));
    }

    [Test]
    public void Drop_ins_come_after_the_file_by_their_names_and_one_in_etc_stands_for_one_of_the_same_name_elsewhere()
    {
        Write("etc/systemd/logind.conf", "[Login]\nRemoveIPC=yes\n");
        Write("usr/lib/systemd/logind.conf.d/20-a.conf", "[Login]\nRemoveIPC=no\n");
        Assert.That(Look().Severity, Is.EqualTo(Severity.Ok));
        Write("run/systemd/logind.conf.d/30-b.conf", "[Login]\nRemoveIPC=yes\n");
        Assert.That(Look().Severity, Is.EqualTo(Severity.Warning));
        Write("etc/systemd/logind.conf.d/30-b.conf", "");
        Assert.That(Look().Severity, Is.EqualTo(Severity.Ok));
    }

    private Diagnosis Look(uint user = 1000, string directory = "/dev/shm/shmbus-1000.doctor-test-none")
    {
        using Patient patient = Patient.LookAtAsync(new BusOptions { Directory = directory, CreateDirectory = false }, _root.Path, user, default).Result;
        return new RemoveIpcCheck().Look(patient).Single();
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_root.File(path))!);
        File.WriteAllText(_root.File(path), text);
    }
}
