using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// What the processes of a round note about themselves in a file that all of them map, so that it outlives a kill at any instant.
/// One is for the publishers, and one for each subscriber and its successors, with what that got of each publisher. Every field has one
/// writer at a time: a publisher, the subscriber of the moment, or whoever controls the round.
/// </summary>
internal sealed unsafe class Ledger : IDisposable
{
    /// <summary>How many lives of publishers a round may have.</summary>
    internal const int Lives = 8192;

    /// <summary>How many gaps in the messages of publishers a round may have.</summary>
    internal const int Gaps = 4096;

    private static readonly int Size = sizeof(SubscriberNotes) + Lives * sizeof(PublisherNotes) + Gaps * sizeof(Gap);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    internal Ledger(string path)
    {
        using (FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            _file = MemoryMappedFile.CreateFromFile(file, null, Size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        }
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    internal ref SubscriberNotes Subscriber => ref *(SubscriberNotes*)_start;

    /// <summary>One life of a publisher, from its start to its death.</summary>
    internal ref PublisherNotes Publisher(int life)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)life, (uint)Lives);
        return ref ((PublisherNotes*)(_start + sizeof(SubscriberNotes)))[life];
    }

    internal ref Gap Gap(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Gaps);
        return ref ((Gap*)(_start + sizeof(SubscriberNotes) + Lives * sizeof(PublisherNotes)))[index];
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}

/// <summary>A line of the ledger for one life of a publisher.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct PublisherNotes
{
    /// <summary>How many messages it has set out to publish. Noted before the call that publishes them.</summary>
    [FieldOffset(0)] internal long Intended;

    /// <summary>How many of those are committed for sure. Noted after the call.</summary>
    [FieldOffset(8)] internal long Committed;

    /// <summary>Set by whoever controls the round: stay in the next claim until this is 0.</summary>
    [FieldOffset(16)] internal int Hold;

    /// <summary>Not 0 while it stays in a claim because it was told to: killed there, it cannot have committed it.</summary>
    [FieldOffset(20)] internal int IsHeld;

    /// <summary>The number of the next message that the subscriber is to get. Noted by the subscriber, last of all.</summary>
    [FieldOffset(64)] internal long Next;

    /// <summary>Which subscriber, of those that came one after the other, got the last message; at first, the one at the start.</summary>
    [FieldOffset(72)] internal int Since;
}

/// <summary>What subscribers note, one going on where the last one died.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct SubscriberNotes
{
    /// <summary>Where the message stood in the ring that was got last.</summary>
    [FieldOffset(0)] internal long Position;

    [FieldOffset(8)] internal long Messages;
    [FieldOffset(16)] internal long Bytes;
    [FieldOffset(24)] internal long Batches;
    [FieldOffset(32)] internal long Redeliveries;

    /// <summary>Claims of the dead that were passed by, as the event told.</summary>
    [FieldOffset(40)] internal long Losses;

    [FieldOffset(48)] internal int Gaps;

    /// <summary>Not 0 where the subscriber that got it was one that acknowledges after handling: a successor may get it again.</summary>
    [FieldOffset(56)] internal int MayComeAgain;

    /// <summary>Set by whoever controls the round: 1, stay with the next message before it is noted; 2, after.</summary>
    [FieldOffset(64)] internal int Hold;

    /// <summary>Not 0 while it stays with a message because it was told to.</summary>
    [FieldOffset(68)] internal int IsHeld;

    /// <summary>Subscribers that got a message.</summary>
    [FieldOffset(52)] internal int Working;
}

/// <summary>Messages of a publisher that did not arrive although a later one did, or the publisher had committed them.</summary>
/// <param name="Life">The publisher.</param>
/// <param name="From">The first message that is missing.</param>
/// <param name="To">The first one after it that is not.</param>
/// <param name="Since">The subscriber that got the last message before.</param>
/// <param name="Until">The subscriber that got the first one after.</param>
internal readonly record struct Gap(int Life, long From, long To, int Since, int Until);
