using System.Runtime.InteropServices;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Native;

/// <summary>The C compiler for an architecture, the machine's own or a cross compiler.</summary>
internal sealed class CCompiler
{
    private readonly string _command;

    private CCompiler(string command) => _command = command;

    /// <summary>The compiler; a machine that has none, or none of the C headers, has the test ignored with what to install.</summary>
    internal static CCompiler For(Architecture architecture)
    {
        bool isNative = RuntimeInformation.ProcessArchitecture == architecture;
        (string command, string packages) = (isNative, architecture) switch
        {
            (true, _) => ("gcc", "gcc libc6-dev"),
            (false, Architecture.Arm64) => ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"),
            _ => ("x86_64-linux-gnu-gcc", "gcc-x86-64-linux-gnu libc6-dev-amd64-cross"),
        };
        CCompiler compiler = new(command);
        if (!Tool.Exists(command) || compiler.Check("#include <errno.h>\n#include <linux/futex.h>\n").Length > 0)
        {
            Assert.Ignore($"There is no C compiler with headers for {architecture} here: apt-get install {packages}");
        }
        return compiler;
    }

    /// <summary>What the compiler finds wrong with a file; nothing when it is right. Writes no file.</summary>
    internal string Check(string source)
    {
        Tool.Result result = Tool.RunWithInput(source, _command, "-fsyntax-only", "-D_GNU_SOURCE", "-x", "c", "-");
        return result.Succeeded ? "" : result.Error;
    }

    /// <summary>Builds a program from files, with every warning an error.</summary>
    internal void Build(string program, IEnumerable<string> sources)
    {
        Tool.Result result = Tool.Run(_command,
            ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-pthread", "-o", program, .. sources]);
        Assert.That(result.Succeeded, Is.True, result.Error);
    }
}
