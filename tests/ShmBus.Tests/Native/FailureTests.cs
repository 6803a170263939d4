using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Native;

/// <summary>Failures of the operating system that this process can meet without harm.</summary>
internal sealed class FailureTests
{
    [Test]
    public void A_topic_that_does_not_exist_is_not_found()
    {
        using TestDirectory directory = new();
        NotFoundErrnoException exception = Assert.Throws<NotFoundErrnoException>(() => Topic.Open(directory.File("t")))!;
        Verify(exception, ErrorNumber.ENOENT, "openat", directory.File("t"), "OpenOrCreate");
    }

    [Test]
    public void A_directory_that_does_not_exist_is_not_found()
    {
        using TestDirectory directory = new();
        NotFoundErrnoException exception = Assert.Throws<NotFoundErrnoException>(() => Topic.OpenOrCreate(directory.File("a/b/t")))!;
        Verify(exception, ErrorNumber.ENOENT, "mkdir", directory.File("a/b"), "make those above it first");
    }

    [Test]
    public void A_name_that_is_too_long_is_told_as_such()
    {
        using TestDirectory directory = new();
        string path = directory.File(new string('n', 256));
        ErrnoException exception = Assert.Throws<ErrnoException>(() => Topic.OpenOrCreate(path))!;
        Verify(exception, ErrorNumber.ENAMETOOLONG, "openat", path, "255 bytes");
    }

    [Test]
    public void A_file_where_a_directory_should_be_is_told_as_such()
    {
        using TestDirectory directory = new();
        File.WriteAllText(directory.File("file"), "");
        ErrnoException exception = Assert.Throws<ErrnoException>(() => Topic.OpenOrCreate(directory.File("file/inner/t")))!;
        Verify(exception, ErrorNumber.ENOTDIR, "open", directory.File("file/inner"), "directory");
    }

    [Test]
    public void A_running_program_cannot_be_opened_as_a_topic()
    {
        // Not in /dev/shm, which containers mount so that nothing there can be executed.
        using TestDirectory directory = new(Path.GetTempPath());
        string program = directory.File("sleep");
        // Copied by a process of its own: a file that is open for writing here would be inherited by what other tests start.
        Assert.That(Tool.Run("cp", "-L", "--", FindOnPath("sleep"), program).Succeeded);
        using Process running = Process.Start(program, "3600");
        try
        {
            using (SafeFileHandle handle = Libc.Open(program, Libc.O_RDWR))
            {
                if (!handle.IsInvalid)
                {
                    Assert.Ignore("This kernel lets running programs be written (Linux 6.11 and 6.12 did).");
                }
            }
            AccessErrnoException exception = Assert.Throws<AccessErrnoException>(() => Topic.Open(program))!;
            Verify(exception, ErrorNumber.ETXTBSY, "open", program, "running program");
        }
        finally
        {
            running.Kill();
            running.WaitForExit();
        }
    }

    [Test]
    public unsafe void What_cannot_be_mapped_is_told_as_such()
    {
        using TestDirectory directory = new();
        using SafeFileHandle handle = Libc.Open(directory.Path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        Assert.That(RegionGeometry.TryCreate(Environment.SystemPageSize, 1, 1, 1 << 20, out RegionGeometry geometry), Is.Null);
        ErrnoException exception = Assert.Throws<ErrnoException>(() => RegionMapping.Map(handle, geometry, readOnly: true, directory.Path))!;
        Verify(exception, ErrorNumber.ENODEV, "mmap", directory.Path, "tmpfs");
    }

    [Test]
    public void More_address_space_than_there_is_is_a_limit()
    {
        LimitErrnoException exception = Assert.Throws<LimitErrnoException>(static () => Check(
            Libc.mmap(0, (nuint)1 << 62, Libc.PROT_NONE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0), "mmap"))!;
        Verify(exception, ErrorNumber.ENOMEM, "mmap", null, "address space");
    }

    [Test]
    public void A_size_that_makes_no_sense_is_an_invalid_argument()
    {
        using SafeFileHandle file = Libc.MemfdCreate("shmbus-test");
        ErrnoException exception = Assert.Throws<ErrnoException>(() => Check(Libc.Fallocate(file, -1), "fallocate"))!;
        Verify(exception, ErrorNumber.EINVAL, "fallocate", null, "kernel version");
    }

    [Test]
    public void A_sealed_region_refuses_further_seals()
    {
        using SafeFileHandle file = Libc.MemfdCreate("shmbus-test");
        Check(Libc.AddSeals(file, Libc.F_SEAL_SEAL), "fcntl(F_ADD_SEALS)");
        AccessErrnoException exception = Assert.Throws<AccessErrnoException>(() => Check(Libc.AddSeals(file, Libc.F_SEAL_GROW), "fcntl(F_ADD_SEALS)"))!;
        Verify(exception, ErrorNumber.EPERM, "fcntl(F_ADD_SEALS)", null, "seal");
    }

    private static void Check(long result, string operation) => Syscall.Check(result, operation);

    private static string FindOnPath(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(directory => Path.Combine(directory, program)).First(File.Exists);

    private static void Verify(ErrnoException exception, ErrorNumber error, string operation, string? path, string advice) => Assert.Multiple(() =>
    {
        Assert.That(exception.Error, Is.EqualTo(error));
        Assert.That(exception.Operation, Is.EqualTo(operation));
        Assert.That(exception.Path, Is.EqualTo(path));
        Assert.That(exception.Message, Does.StartWith(path is null ? $"{operation} failed: {error} (" : $"{operation} '{path}' failed: {error} ("));
        Assert.That(exception.Message, Does.Contain(advice));
    });
}
