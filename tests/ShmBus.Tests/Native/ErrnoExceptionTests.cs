using ShmBus.Native;

namespace ShmBus.Tests.Native;

internal sealed class ErrnoExceptionTests
{
    [TestCase("EACCES", 13, "openat", typeof(AccessErrnoException))]
    [TestCase("EPERM", 1, "fchown", typeof(AccessErrnoException))]
    [TestCase("EPERM", 1, "mlock", typeof(AccessErrnoException))]
    [TestCase("EPERM", 1, "openat", typeof(AccessErrnoException))]
    [TestCase("EROFS", 30, "openat(O_TMPFILE)", typeof(AccessErrnoException))]
    [TestCase("ETXTBSY", 26, "openat", typeof(AccessErrnoException))]
    [TestCase("ENOENT", 2, "openat", typeof(NotFoundErrnoException))]
    [TestCase("ENOSPC", 28, "fallocate", typeof(SpaceErrnoException))]
    [TestCase("ENOSPC", 28, "inotify_add_watch", typeof(SpaceErrnoException))]
    [TestCase("EDQUOT", 122, "fallocate", typeof(SpaceErrnoException))]
    [TestCase("ENOMEM", 12, "mmap", typeof(LimitErrnoException))]
    [TestCase("ENOMEM", 12, "mlock", typeof(LimitErrnoException))]
    [TestCase("EAGAIN", 11, "mlock", typeof(LimitErrnoException))]
    [TestCase("EAGAIN", 11, "fcntl(F_OFD_SETLK)", typeof(LimitErrnoException))]
    [TestCase("EMFILE", 24, "openat", typeof(LimitErrnoException))]
    [TestCase("EMFILE", 24, "inotify_init1", typeof(LimitErrnoException))]
    [TestCase("ENFILE", 23, "memfd_create", typeof(LimitErrnoException))]
    [TestCase("EFBIG", 27, "fallocate", typeof(LimitErrnoException))]
    [TestCase("ENODEV", 19, "mmap", typeof(ErrnoException))]
    [TestCase("EINVAL", 22, "fallocate", typeof(ErrnoException))]
    [TestCase("EOPNOTSUPP", 95, "openat(O_TMPFILE)", typeof(ErrnoException))]
    [TestCase("ENAMETOOLONG", 36, "openat", typeof(ErrnoException))]
    [TestCase("ENOTDIR", 20, "open", typeof(ErrnoException))]
    [TestCase("ENOSYS", 38, "memfd_create", typeof(ErrnoException))]
    public void Says_operation_path_name_number_and_what_to_do(string name, int number, string operation, Type type)
    {
        ErrnoException exception = ErrnoException.From((ErrorNumber)number, operation, "/a/path");
        string advice = ErrnoAdvice.For((ErrorNumber)number, operation);
        Assert.Multiple(() =>
        {
            Assert.That(exception, Is.TypeOf(type));
            Assert.That(exception.Operation, Is.EqualTo(operation));
            Assert.That(exception.Path, Is.EqualTo("/a/path"));
            Assert.That(exception.Error.ToString(), Is.EqualTo(name));
            Assert.That(exception.HResult, Is.EqualTo(number));
            Assert.That(exception.Message, Does.StartWith($"{operation} '/a/path' failed: {name} ({number}), "));
            Assert.That(advice, Does.Match(@"^[A-Z].{20,}\.$"), "A whole sentence.");
            Assert.That(exception.Message, Does.EndWith(". " + advice));
        });
    }

    [TestCase(ErrorNumber.EPERM, "mlock", "RLIMIT_MEMLOCK")]
    [TestCase(ErrorNumber.ENOMEM, "mlock", "RLIMIT_MEMLOCK")]
    [TestCase(ErrorNumber.EAGAIN, "mlock", "RLIMIT_MEMLOCK")]
    [TestCase(ErrorNumber.EPERM, "fchown", "group")]
    [TestCase(ErrorNumber.ENOSPC, "inotify_add_watch", "max_user_watches")]
    [TestCase(ErrorNumber.EMFILE, "inotify_init1", "max_user_instances")]
    [TestCase(ErrorNumber.EMFILE, "openat", "ulimit -n")]
    public void The_advice_fits_the_operation(ErrorNumber error, string operation, string advice) =>
        Assert.That(ErrnoException.From(error, operation).Message, Does.Contain(advice));

    [Test]
    public void Without_a_path_only_the_operation_is_named() =>
        Assert.That(ErrnoException.From(ErrorNumber.EMFILE, "memfd_create").Message, Does.StartWith("memfd_create failed: EMFILE (24), "));

    [Test]
    public void An_error_without_a_name_here_is_told_by_its_number()
    {
        ErrnoException exception = ErrnoException.From((ErrorNumber)131, "openat", "/a/path");
        Assert.That(exception, Is.TypeOf<ErrnoException>());
        Assert.That(exception.Message, Does.StartWith("openat '/a/path' failed: errno (131), "));
        Assert.That(exception.Message, Does.EndWith(".").And.Not.EndsWith(". "), "Nothing follows where there is no advice.");
    }

    [Test]
    public void Every_error_is_caught_as_an_IOException() =>
        Assert.That(Enum.GetValues<ErrorNumber>().Select(static error => ErrnoException.From(error, "open")), Is.All.InstanceOf<IOException>());
}
