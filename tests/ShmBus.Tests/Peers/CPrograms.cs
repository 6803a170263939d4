using System.Runtime.InteropServices;
using ShmBus.Tests.Native;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Peers;

/// <summary>The programs in tests/CPeer, built for these tests. Where there is no C compiler they are ignored.</summary>
internal sealed class CPrograms : IDisposable
{
    private static readonly string[] Shared = ["region.c", "handover.c", "slot.c", "park.c", "deaths.c", "extras.c", "messages.c", "host.c"];

    // Not in shared memory, from which many containers execute nothing.
    private readonly TestDirectory _directory;

    internal CPrograms()
    {
        CCompiler compiler = CCompiler.For(RuntimeInformation.ProcessArchitecture);
        _directory = new TestDirectory(Path.GetTempPath());
        compiler.Build(Publisher, Sources("publisher.c", "publish.c"));
        compiler.Build(Subscriber, Sources("subscriber.c", "read.c"));
        compiler.Build(Loop, Sources("loop.c", "read.c"));
    }

    internal string Publisher => _directory.File("publisher");

    internal string Subscriber => _directory.File("subscriber");

    /// <summary>A subscriber in a loop of epoll.</summary>
    internal string Loop => _directory.File("loop");

    public void Dispose() => _directory.Dispose();

    private static IEnumerable<string> Sources(params string[] own) =>
        own.Concat(Shared).Select(static name => Repository.File("tests", "CPeer", name));
}
