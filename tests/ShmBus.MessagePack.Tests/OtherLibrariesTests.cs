using System.Runtime.InteropServices;
using ShmBus.Tests.Native;
using ShmBus.Tests.Support;

namespace ShmBus.MessagePack.Tests;

/// <summary>
/// What is written here is read by the libraries of Python and C as the same values, what they write is read here, and the bytes are the
/// same. Each is one process for all values.
/// </summary>
[TestFixtureSource(nameof(Peers))]
internal sealed class OtherLibrariesTests(string name, bool keepsFloat32)
{
    private static readonly TestFixtureData[] Peers = [new TestFixtureData("Python", false).SetArgDisplayNames("Python"), new TestFixtureData("C", true).SetArgDisplayNames("C")];

    private TestDirectory _directory = null!;

    private string[] _command = [];

    [OneTimeSetUp]
    public void OneTimeSetUp() => _directory = new TestDirectory();

    [OneTimeTearDown]
    public void OneTimeTearDown() => _directory.Dispose();

    [SetUp]
    public void SetUp() => _command = _command.Length > 0 ? _command : name == "C" ? CProgram() : PythonScript();

    [Test]
    public void The_ends_of_every_format() => Exchange([.. Boundaries.All.Select(static each => each.Value)]);

    [Test]
    public void Generated_values() => Exchange(ValueGenerator.Sample(2000));

    private void Exchange(Value[] values)
    {
        byte[][] written = Array.ConvertAll(values, static each => each.ToBytes());
        string file = _directory.File("values");
        File.WriteAllBytes(file, [.. written.SelectMany(static each => each)]);
        Tool.Result result = Tool.Run(_command[0], [.. _command[1..], file]);
        Assert.That(result.Succeeded, Is.True, result.Error);
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(values.Length));
        for (int i = 0; i < values.Length; i++)
        {
            string[] answer = lines[i].Split('\t');
            string expected = values[i].ToString();
            Assert.That(answer[0], Is.EqualTo(expected), $"value {i} as read there");
            byte[] theirs = Convert.FromHexString(answer[1]);
            Assert.That(Value.Read(theirs).ToString(), Is.EqualTo(expected), $"value {i} as written there");
            if (keepsFloat32 || !values[i].HasFloat32)
            {
                Assert.That(theirs, Is.EqualTo(written[i]), $"bytes of value {i}: {expected}");
            }
        }
    }

    private static string Source(string file) => Repository.File("tests", "ShmBus.MessagePack.Tests", "Peers", file);

    /// <summary>Debian's own Python: another that comes first on the path does not see Debian's packages.</summary>
    internal static string[] PythonScript()
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python) || !Tool.Run(Python, "-c", "import msgpack").Succeeded)
        {
            Assert.Ignore("There is no MessagePack for Python here: apt-get install python3-msgpack");
        }
        return [Python, "-B", Source("peer.py")];
    }

    private string[] CProgram()
    {
        CCompiler compiler = CCompiler.For(RuntimeInformation.ProcessArchitecture);
        if (compiler.Check("#include <msgpack.h>\n#include <msgpack/timestamp.h>\n").Length > 0)
        {
            Assert.Ignore("There is no MessagePack for C here: apt-get install libmsgpack-dev");
        }
        // Its name has a hyphen from version 5 on. What gcc does not find it prints as it was asked.
        bool hasHyphen = Tool.Run("gcc", "-print-file-name=libmsgpack-c.so").Output.Contains('/', StringComparison.Ordinal);
        string program = _directory.File("peer");
        compiler.Build(program, [Source("peer.c"), hasHyphen ? "-lmsgpack-c" : "-lmsgpackc"]);
        return [program];
    }
}
