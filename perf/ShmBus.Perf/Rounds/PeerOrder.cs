using System.Globalization;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Rounds;

/// <summary>What main tells a peer on its command line.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Transport">The name of the transport.</param>
/// <param name="Size">Bytes in every message.</param>
/// <param name="Producers">How many there are.</param>
/// <param name="Producer">The peer is the producer of this number. 0, which is main's: it is at the other end.</param>
/// <param name="Wait">How to wait.</param>
/// <param name="Duration">How long a producer sends what counts.</param>
/// <param name="Cpu">The CPU of the peer's loop.</param>
/// <param name="Directory">The channel's directory.</param>
internal sealed record PeerOrder(
    string Suite, string Transport, int Size, int Producers, int Producer, WaitMode Wait, TimeSpan Duration, int Cpu, string Directory)
{
    public const string Command = "peer";
    public const string SuiteOption = "--suite";
    public const string TransportOption = "--transport";
    public const string SizeOption = "--size";
    public const string ProducersOption = "--producers";
    public const string ProducerOption = "--producer";
    public const string WaitOption = "--wait";
    public const string DurationOption = "--duration";
    public const string CpuOption = "--cpu";
    public const string DirectoryOption = "--directory";

    public ChannelSettings Channel => new(Directory, Size, Wait);

    public IEnumerable<string> ToArguments() =>
    [
        Command,
        SuiteOption, Suite,
        TransportOption, Transport,
        SizeOption, Size.ToString(CultureInfo.InvariantCulture),
        ProducersOption, Producers.ToString(CultureInfo.InvariantCulture),
        ProducerOption, Producer.ToString(CultureInfo.InvariantCulture),
        WaitOption, Wait.ToString(),
        DurationOption, Duration.ToString("c", CultureInfo.InvariantCulture),
        CpuOption, Cpu.ToString(CultureInfo.InvariantCulture),
        DirectoryOption, Directory,
    ];
}
