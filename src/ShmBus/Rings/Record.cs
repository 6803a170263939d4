using System.Runtime.CompilerServices;

namespace ShmBus.Rings;

/// <summary>Deals with records; a struct, so that the loop is made for it.</summary>
internal interface IRecordHandler
{
    /// <summary>Deals with one record; false when it was the last to be handed out.</summary>
    bool OnRecord(in Record record);
}

/// <summary>A message in the ring: where its payload stands.</summary>
// Four fields of one word: with more the compiler keeps it in memory.
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly unsafe struct Record(byte* payload, ulong lengthAndType, ulong position, ExtrasBlock extras = default)
{
    internal readonly byte* Payload = payload;
    internal readonly ulong LengthAndType = lengthAndType;
    internal readonly ulong Position = position;
    internal readonly ExtrasBlock Extras = extras;

    internal int Length => (int)LengthAndType;

    internal uint Type => (uint)(LengthAndType >> 32);
}
