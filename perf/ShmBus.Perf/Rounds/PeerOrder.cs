using System.Text.Json;
using System.Text.Json.Serialization;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Rounds;

/// <summary>What main tells a peer on its command line.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Transport">The name of the transport.</param>
/// <param name="Size">Bytes in every message.</param>
/// <param name="Shape">Who takes part, and when messages are sent.</param>
/// <param name="Producer">The peer is the producer of this number. 0, which is main's: it is at the other end.</param>
/// <param name="Wait">How to wait.</param>
/// <param name="Duration">How long a producer sends what counts.</param>
/// <param name="Cpu">The CPU of the peer's loop.</param>
/// <param name="Directory">The scratch directory of the round.</param>
internal sealed record PeerOrder(
    string Suite, string Transport, int Size, Shape Shape, int Producer, WaitMode Wait, TimeSpan Duration, int Cpu, string Directory)
{
    public const string Command = "peer";

    [JsonIgnore]
    public ChannelSettings Channel => new(ScratchDirectory.FilesIn(Directory), Size, Wait);

    public IEnumerable<string> ToArguments() => [Command, JsonSerializer.Serialize(this)];

    public static PeerOrder Of(string argument) => JsonSerializer.Deserialize<PeerOrder>(argument)!;
}
