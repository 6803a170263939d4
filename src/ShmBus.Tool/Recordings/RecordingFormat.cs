namespace ShmBus.Tool.Recordings;

/// <summary>The numbers of RECORDING.md.</summary>
internal static class RecordingFormat
{
    internal const ulong Magic = 0x0A0D_4345_524D_4853; // "SHMREC\r\n"
    internal const ushort MajorVersion = 1;
    internal const ushort MinorVersion = 0;

    internal const int LengthOffset = 12;
    internal const int BeganAtOffset = 16;
    internal const int TopicLengthOffset = 24;
    internal const int ContractLengthOffset = 26;
    internal const int TextOffset = 32;
    internal const int MaxHeader = 1 << 18;

    internal const int FrameHead = 16;
    internal const int ChecksumSize = sizeof(uint);

    /// <summary>Time, type, fields, length of the trace state.</summary>
    internal const int MessageHead = 16;

    /// <summary>More than any topic takes: 128 MiB, and what goes with it.</summary>
    internal const int MaxBody = (128 << 20) + 1024;

    /// <summary>Time and a number: bytes that were missed, or messages in all.</summary>
    internal const int CountBody = 16;

    internal const int TimestampSize = 8;
    internal const int CorrelationSize = 16;
    internal const int TraceSize = 32;

    internal static int Align(int length) => (length + 7) & ~7;
}

/// <summary>What a frame holds.</summary>
internal enum FrameKind : uint
{
    Message = 1,
    Missed = 2,
    End = 3,
}

/// <summary>What stands in front of the payload of a message. A part of what a message of the bus has in front of its own.</summary>
[Flags]
internal enum FrameFields : ushort
{
    None = 0,
    Timestamp = 1,
    CorrelationId = 2,
    TraceContext = 4,
    TraceState = 8,
    Known = 15,
}
