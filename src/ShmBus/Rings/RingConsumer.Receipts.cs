using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

// Acknowledging by receipts. What is read is not yet delivered: the reading path stores its resume in a word that nobody reads, and the
// slot's cursors follow what is acknowledged. So reading costs nothing more than without.
internal unsafe partial struct RingConsumer
{
    /// <summary>How many messages were read.</summary>
    internal readonly ulong Messages => _messages;

    /// <summary>Where a successor is to go on when the message that was read last is acknowledged.</summary>
    internal readonly (ulong Resume, ulong Within) Receipt =>
        HasTaken ? _inBatch != 0 && _taken < _batchEnd ? (_done, _taken) : (_taken, 0)
        : _inBatch > _done ? (_done, _inBatch) : (_done, 0);

    /// <summary>
    /// All up to a receipt is delivered: a successor goes on behind it. Nothing may be taken that is not done with. False when nothing
    /// was read there.
    /// </summary>
    /// <param name="resume">The record with which a successor is to go on.</param>
    /// <param name="within">Where in it, if it is a batch; otherwise 0.</param>
    /// <param name="gaveBack">Whether room was given back just now: look for who waits.</param>
    internal bool TryAcknowledge(ulong resume, ulong within, out bool gaveBack)
    {
        gaveBack = false;
        if (resume % Alignment != 0 || within % BatchAlignment != 0 || resume > _done || within > (resume < _done ? _done : _inBatch))
        {
            return false;
        }
        Receipts receipts = _receipts!;
        if (resume < receipts.Resume || (resume == receipts.Resume && within <= receipts.Within))
        {
            return true;
        }
        // Before what follows: below it, within means nothing, and so a successor of one that is killed between the two reads the batch again. The other
        // way round it would read again what was acknowledged before.
        StoreAcknowledged(receipts, resume >= receipts.PassedFrom && resume < receipts.PassedEnd ? receipts.PassedEnd : resume);
        receipts.Within = within;
        if (within != 0)
        {
            Atomic.StoreRelease(_slot.Within, within); // read by this one's successor, after the lock
        }
        // While there is more to read, publishers get room by the eighth: what is left of it they get when all is read.
        gaveBack = (receipts.Resume - receipts.Published >= _gateStep || !IsStamped()) && PublishAcknowledged(receipts);
        return true;
    }

    private readonly void StoreAcknowledged(Receipts receipts, ulong resume)
    {
        if (receipts.Resume != resume)
        {
            receipts.Resume = resume;
            Atomic.StoreRelease(_slot.Resume, resume); // pairs with RingRoom.Needed: resume
        }
    }

    /// <summary>What is no message is delivered with what stands before it. Of several, between which there are messages, only the last need be kept.</summary>
    private readonly void PassBy(Receipts receipts, ulong position)
    {
        if (receipts.Resume == _done)
        {
            StoreAcknowledged(receipts, position);
            return;
        }
        if (receipts.PassedEnd != _done)
        {
            receipts.PassedFrom = _done;
        }
        receipts.PassedEnd = position;
    }

    /// <summary>Gives back the room of what is acknowledged. True when there was any, or it is time for the next lane.</summary>
    private bool PublishAcknowledged(Receipts receipts)
    {
        bool isTurnOver = _done - _gate >= _gateStep;
        bool gaveBack = receipts.Published != receipts.Resume;
        _gate = _done; // how far it was read at this time
        receipts.Published = receipts.Resume;
        Atomic.StoreRelease(_slot.Gate, receipts.Published); // pairs with RingRoom.Needed: gate
        Atomic.StoreRelease(_slot.Messages, _messages);
        return gaveBack || isTurnOver;
    }

    /// <summary>What is acknowledged, and what follows from that. Beside the ring, since few subscribers need it.</summary>
    /// <param name="position">All below is acknowledged.</param>
    private sealed class Receipts(ulong position)
    {
        private readonly ulong[] _unread = GC.AllocateArray<ulong>(1, pinned: true);

        /// <summary>The word that the reading path stores its resume in.</summary>
        internal ulong* Unread => (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_unread));

        /// <summary>The slot's resume.</summary>
        internal ulong Resume { get; set; } = position;

        /// <summary>The slot's within, if it is that of <see cref="Resume"/>; otherwise 0.</summary>
        internal ulong Within { get; set; }

        /// <summary>The slot's gate.</summary>
        internal ulong Published { get; set; } = position;

        /// <summary>Where what was passed by last, behind something that is not acknowledged, begins: it is no message of its own.</summary>
        internal ulong PassedFrom { get; set; }

        /// <summary>Where it ends.</summary>
        internal ulong PassedEnd { get; set; }
    }
}
