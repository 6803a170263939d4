using System.Runtime.InteropServices;
using ShmBus.Native;

namespace ShmBus.Tests.Native;

/// <summary>Native constants, struct layouts and error numbers against the C headers of both architectures.</summary>
internal sealed class CHeaderTests
{
    private static readonly Architecture[] Architectures = [Architecture.X64, Architecture.Arm64];

    private static ArchitectureNumbers NumbersOf(Architecture architecture) =>
        architecture == Architecture.Arm64 ? ArchitectureNumbers.Arm64 : ArchitectureNumbers.X64;

    [TestCaseSource(nameof(Architectures))]
    public void Every_constant_is_the_one_of_the_C_headers(Architecture architecture)
    {
        CSource source = new CSource().AddConstants(typeof(Libc)).AddProperties(NumbersOf(architecture));
        Assert.That(source.Count, Is.GreaterThan(50), "They were not found.");
        Assert.That(CCompiler.For(architecture).Check(source.ToString()), Is.Empty);
    }

    [TestCaseSource(nameof(Architectures))]
    public void Every_struct_is_laid_out_as_in_the_C_headers(Architecture architecture)
    {
        CSource source = new CSource().AddStructs(typeof(Libc));
        Assert.That(source.ToString(), Does.Contain("struct statx").And.Contain("struct flock").And.Contain("struct timespec")
            .And.Contain("struct inotify_event").And.Contain("struct pollfd"));
        Assert.That(CCompiler.For(architecture).Check(source.ToString()), Is.Empty);
    }

    [TestCaseSource(nameof(Architectures))]
    public void Every_error_number_is_the_one_of_the_C_headers(Architecture architecture)
    {
        CSource source = new CSource().AddEnum<ErrorNumber>();
        Assert.That(source.Count, Is.EqualTo(Enum.GetValues<ErrorNumber>().Length - 1), "None has no name in C, all others have.");
        Assert.That(CCompiler.For(architecture).Check(source.ToString()), Is.Empty);
    }

    [Test]
    public void The_numbers_in_use_are_those_of_this_machine() =>
        Assert.That(ArchitectureNumbers.Current, Is.SameAs(NumbersOf(RuntimeInformation.ProcessArchitecture)));

    [Test]
    public void Numbers_of_the_other_architecture_are_found_out([ValueSource(nameof(Architectures))] Architecture architecture)
    {
        Architecture other = architecture == Architecture.X64 ? Architecture.Arm64 : Architecture.X64;
        string found = CCompiler.For(architecture).Check(new CSource().AddProperties(NumbersOf(other)).ToString());
        Assert.That(found, Does.Contain("O_DIRECTORY is").And.Contain("EPOLL_EVENT_SIZE is").And.Contain("EPOLL_EVENT_DATA is").And.Contain("SYS_futex is").And.Contain("SYS_membarrier is").And.Contain("SYS_statx is"));
    }

    [Test]
    public void A_wrong_number_is_found_out() =>
        Assert.That(Check(new CSource().AddConstants(typeof(Wrong))), Does.Contain("O_RDWR is 3 in C#").And.Not.Contain("O_CLOEXEC is"));

    [Test]
    public void A_constant_that_C_does_not_have_is_found_out() =>
        Assert.That(Check(new CSource().AddConstants(typeof(Unknown))), Does.Contain("O_UNHEARD_OF"));

    [Test]
    public void A_wrong_layout_is_found_out() =>
        Assert.That(Check(new CSource().AddStructs(typeof(Wrong))), Does
            .Contain("offsetof(struct pollfd, events) is 6 in C#")
            .And.Contain("sizeof(((struct timespec *)0)->tv_nsec) is 4 in C#")
            .And.Contain("sizeof(struct flock) is 24 in C#")
            .And.Contain("((__typeof__(((struct flock *)0)->l_len))-1 < 0) is 0 in C#"));

    [Test]
    public void A_wrong_error_number_is_found_out() =>
        Assert.That(Check(new CSource().AddEnum<WrongError>()), Does.Contain("EPERM is 2 in C#").And.Not.Contain("EIO is"));

    private static string Check(CSource source) => CCompiler.For(RuntimeInformation.ProcessArchitecture).Check(source.ToString());

    private static class Wrong
    {
        internal const int O_RDWR = 3;
        internal const int O_CLOEXEC = 0x80000;

        [StructLayout(LayoutKind.Sequential)]
        internal struct pollfd
        {
            public int fd;
            public short revents;
            public short events;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct timespec
        {
            public long tv_sec;
            public int tv_nsec;
        }

        [StructLayout(LayoutKind.Explicit, Size = 24)]
        internal struct flock
        {
            [FieldOffset(0)] public short l_type;
            [FieldOffset(16)] public ulong l_len;
        }
    }

    private static class Unknown
    {
        internal const int O_UNHEARD_OF = 1;
    }

    private enum WrongError
    {
        None = 0,
        EPERM = 2,
        EIO = 5,
    }
}
