using System.Runtime.InteropServices;

namespace ShmBus.Tool.Bench;

/// <summary>A numbered message, each word of which follows from its number: what arrives is compared with what must.</summary>
internal static class BenchMessage
{
    /// <summary>The number of the last one.</summary>
    internal const ulong End = ulong.MaxValue;

    private const ulong Step = 0x9E3779B97F4A7C15;

    internal static void Write(Span<byte> message, ulong number)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(message);
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = number + (ulong)i * Step;
        }
    }

    /// <summary>The number of a message that is intact.</summary>
    internal static ulong Read(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(message);
        ulong number = words[0];
        for (int i = 1; i < words.Length; i++)
        {
            if (words[i] != number + (ulong)i * Step)
            {
                throw new ToolException(ExitCode.Corrupt, $"Message {number} arrived with a wrong word at byte {8 * i}: this should never happen, report it.");
            }
        }
        return number;
    }

    /// <summary>Fails unless it is that one.</summary>
    internal static void Expect(ReadOnlySpan<byte> message, ulong number)
    {
        if (Read(message) is ulong found && found != number)
        {
            throw new ToolException(ExitCode.Corrupt, $"Message {found} arrived in the place of {number}: this should never happen, report it.");
        }
    }
}
