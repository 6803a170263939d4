using System.Buffers;
using System.Text.Json.Serialization;
using ShmBus.Serialization;

namespace ShmBus.Tests.Typed;

/// <summary>64 bytes without references.</summary>
internal record struct Tick(long Id, double Bid, double Ask, long BidSize, long AskSize, long Time, int Venue, int Flags, long Sequence);

internal sealed record Line(string Article, int Count);

internal sealed record Order(int Id, string Customer, Line[] Lines);

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Tick))]
[JsonSerializable(typeof(List<Line>))]
internal sealed partial class SampleContext : JsonSerializerContext;

/// <summary>Writes as many bytes as the message says, each its number, in the way that a case asks for.</summary>
internal sealed class Counting(Action<IBufferWriter<byte>, int> write) : IMessageSerializer<int>
{
    public MessageContract Contract { get; } = new("counting", "int");

    public void Serialize(IBufferWriter<byte> output, in int message) => write(output, message);

    public int Deserialize(in MessagePayload payload)
    {
        for (int i = 0; i < payload.Span.Length; i++)
        {
            if (payload.Span[i] != (byte)i)
            {
                throw new FormatException($"Byte {i} is {payload.Span[i]}.");
            }
        }
        return payload.Span.Length;
    }

    internal static void BySpan(IBufferWriter<byte> output, int count)
    {
        for (int i = 0; i < count; i++)
        {
            output.GetSpan()[0] = (byte)i;
            output.Advance(1);
        }
    }

    internal static void ByMemory(IBufferWriter<byte> output, int count)
    {
        for (int i = 0; i < count; i++)
        {
            output.GetMemory().Span[0] = (byte)i;
            output.Advance(1);
        }
    }

    internal static void AtOnce(IBufferWriter<byte> output, int count)
    {
        Span<byte> all = output.GetSpan(count);
        for (int i = 0; i < count; i++)
        {
            all[i] = (byte)i;
        }
        output.Advance(count);
    }
}
