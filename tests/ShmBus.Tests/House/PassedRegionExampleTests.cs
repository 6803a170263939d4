using System.Diagnostics;
using System.Globalization;
using System.Text;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>A host and a plug-in that it does not trust: examples/PassedRegion as it is.</summary>
internal sealed class PassedRegionExampleTests
{
    private const string Started = "started the plug-in, process ";
    private const string Confined = "confinement: ";

    private static string HostProgram => ExampleProgram.Assembly("PassedRegion", "Host");

    [Test]
    public async Task The_plug_in_answers_and_what_it_dies_of_is_given_up()
    {
        using ExampleProgram host = ExampleProgram.Start("PassedRegion", "Host");
        host.WriteInput("100\nnonsense\n10\n"u8);
        string[] lines = Encoding.UTF8.GetString(await host.Output).Split('\n');
        // What confinement there is, and which processes, depends on the machine.
        Assert.That(lines.Where(static line => !line.StartsWith("not possible here", StringComparison.Ordinal) && !line.StartsWith(Confined, StringComparison.Ordinal))
            .Select(static line => line.StartsWith(Started, StringComparison.Ordinal) ? Started : line), Is.EqualTo([
            Started, "100: 25 primes",
            "lost the plug-in with 'nonsense' in hand: it ended with exit code 134", Started,
            "lost the plug-in with 'nonsense' in hand: it ended with exit code 134", "nonsense: given up",
            Started, "10: 4 primes", "",
        ]));
    }

    [Test]
    public void The_host_survives_that_the_plug_in_is_killed_at_work()
    {
        using PeerProcess host = PeerProcess.StartProgram("dotnet", HostProgram, 100_000);
        ReadConfinement(host);
        host.WriteLine("100");
        int process = ReadStarted(host);
        host.Expect("100: 25 primes");
        host.WriteLine("2000000000");
        for (int i = 0; i < 2; i++)
        {
            AwaitWork(process);
            using Process wrapper = Process.GetProcessById(process);
            wrapper.Kill();
            host.Expect("lost the plug-in with '2000000000' in hand: it ended with exit code 137");
            process = i == 0 ? ReadStarted(host) : 0;
        }
        host.Expect("2000000000: given up");
        host.WriteLine("10");
        process = ReadStarted(host);
        host.Expect("10: 4 primes");
        int plugin = Innermost(process);
        host.CloseInput();
        Assert.That(host.ExitCode(), Is.Zero);
        Until.True(() => !Directory.Exists($"/proc/{plugin}"));
    }

    [Test]
    public void The_plug_in_is_confined_as_the_host_says()
    {
        using PeerProcess host = PeerProcess.StartProgram("dotnet", HostProgram);
        string confinement = ReadConfinement(host);
        host.WriteLine("100");
        int process = ReadStarted(host);
        host.Expect("100: 25 primes");
        string plugin = $"/proc/{Innermost(process)}";
        bool isOtherUser = confinement.StartsWith("user 65534", StringComparison.Ordinal);
        bool hasNamespaces = confinement.Contains("of its own", StringComparison.Ordinal);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllText($"{plugin}/status").Contains("Uid:\t65534\t65534\t65534\t65534\n", StringComparison.Ordinal), Is.EqualTo(isOtherUser));
            foreach (string kind in (string[])["mnt", "pid", "net", "ipc"])
            {
                Assert.That(Namespace(plugin, kind) == Namespace("/proc/self", kind), Is.EqualTo(!hasNamespaces), kind);
            }
            Assert.That(hasNamespaces && Directory.EnumerateFileSystemEntries($"{plugin}/root/dev/shm").Any(), Is.False, "files in shared memory");
        });
        host.CloseInput();
        Assert.That(host.ExitCode(), Is.Zero);
        if (!hasNamespaces)
        {
            Assert.Ignore($"This machine, or the container, permits no namespaces: the plug-in's confinement is '{confinement}'.");
        }

        static string? Namespace(string process, string kind) => new FileInfo($"{process}/ns/{kind}").LinkTarget;
    }

    private static string ReadConfinement(PeerProcess host)
    {
        string line;
        do
        {
            line = host.ReadLine();
        }
        while (!line.StartsWith(Confined, StringComparison.Ordinal));
        return line[Confined.Length..];
    }

    private static int ReadStarted(PeerProcess host)
    {
        string line = host.ReadLine();
        Assert.That(line, Does.StartWith(Started));
        return int.Parse(line[Started.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until the plug-in has used half a second of a processor, which takes it longer than to start.</summary>
    private static void AwaitWork(int process) => Until.True(() =>
    {
        try
        {
            int plugin = Innermost(process);
            return File.ReadAllText($"/proc/{plugin}/cmdline").StartsWith("dotnet", StringComparison.Ordinal) && ProcessorTicks(plugin) > 50;
        }
        catch (IOException)
        {
            // One of those that confine it, and end before it starts.
            return false;
        }
    });

    private static long ProcessorTicks(int process)
    {
        // User and system time are the 14th and 15th field; the second is a name in brackets.
        string[] fields = File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ');
        return long.Parse(fields[12], CultureInfo.InvariantCulture) + long.Parse(fields[13], CultureInfo.InvariantCulture);
    }

    /// <summary>The process that the confining ones have started in the end.</summary>
    private static int Innermost(int process)
    {
        string[] children = File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Length == 0 ? process : Innermost(int.Parse(children[0], CultureInfo.InvariantCulture));
    }
}
