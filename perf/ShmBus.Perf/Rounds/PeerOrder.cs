using System.Globalization;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Rounds;

/// <summary>What main tells the peer on its command line.</summary>
internal sealed record PeerOrder(string Suite, string Transport, int Size, WaitMode Wait, int Cpu, string Directory)
{
    public const string Command = "peer";
    public const string SuiteOption = "--suite";
    public const string TransportOption = "--transport";
    public const string SizeOption = "--size";
    public const string WaitOption = "--wait";
    public const string CpuOption = "--cpu";
    public const string DirectoryOption = "--directory";

    public ChannelSettings Channel => new(Directory, Size, Wait);

    public IEnumerable<string> ToArguments() =>
    [
        Command,
        SuiteOption, Suite,
        TransportOption, Transport,
        SizeOption, Size.ToString(CultureInfo.InvariantCulture),
        WaitOption, Wait.ToString(),
        CpuOption, Cpu.ToString(CultureInfo.InvariantCulture),
        DirectoryOption, Directory,
    ];
}
