namespace ShmBus.Regions;

/// <summary>
/// Every offset of a region, in one place. LAYOUT.md says the same in words, for peers in other languages.
/// </summary>
/// <remarks>
/// <code>
/// 0            +----------------------------+  page-aligned sections, all little-endian
///              | header (512, immutable)    |  magic, versions, geometry, key, checksum
/// 512          | control (4 lines of 128)   |  tail | sharedGate | parked summaries | corrupt
/// 1024         | contract (2 halves of 1536)|  what the messages look like; written now and then, by turns
///              +----------------------------+
/// TableOffset  | publisher slots, 512 each  |  intent | - | parked, futex word | state, identity
///              | subscriber slots, 512 each |  gate | resume | parked, futex word | state, identity
///              +----------------------------+
/// DataOffset   | data, Capacity bytes       |  the records; mapped twice, back to back
///              +----------------------------+
/// </code>
/// A line is 128 bytes, two cache lines of x64: its prefetcher fetches them in pairs.
/// </remarks>
internal static class RegionDescriptor
{
    /// <summary>"SHMBUS\r\n" read as a little-endian number; the line end shows a file that was mangled as text.</summary>
    internal const ulong Magic = 0x0A0D_5355_424D_4853;

    /// <summary>Regions of the same major version interoperate; a minor version only adds.</summary>
    internal const ushort MajorVersion = 1;
    internal const ushort MinorVersion = 2;

    internal const int LineSize = 128;

    // Header: written once, before the region gets its name.
    internal const int HeaderSize = 512;
    internal const int MagicOffset = 0;                 // u64
    internal const int MajorVersionOffset = 8;          // u16
    internal const int MinorVersionOffset = 10;         // u16
    internal const int HeaderSizeOffset = 12;           // u32
    internal const int RequiredFeaturesOffset = 16;     // u64: a reader that does not know one must not go on
    internal const int OptionalFeaturesOffset = 24;     // u64: a reader may ignore these
    internal const int PageSizeOffset = 32;             // u32
    internal const int SlotSizeOffset = 36;             // u32
    internal const int PublisherSlotsOffset = 40;       // u32
    internal const int SubscriberSlotsOffset = 44;      // u32
    internal const int TableOffsetOffset = 48;          // u64
    internal const int DataOffsetOffset = 56;           // u64
    internal const int CapacityOffset = 64;             // u64
    internal const int RegionSizeOffset = 72;           // u64
    internal const int KeyOffset = 80;                  // u64
    internal const int ProducersOffset = 88;            // u32
    internal const int DeliveryOffset = 92;             // u32
    internal const int OverflowOffset = 96;             // u32
    internal const int CreatedAtOffset = 104;           // i64: nanoseconds since 1970, UTC
    internal const int LaneCapacityOffset = 112;        // u64: of each lane of this hub; 0 where it is none
    internal const int HubKeyOffset = 120;              // u64: key of the hub that this lane belongs to; 0 where it is none
    internal const int EvictionLagOffset = 128;         // u64: how far a subscriber may lag; 0 for never evicted
    internal const int ChecksumOffset = HeaderSize - 4; // u32: CRC-32C of all bytes before it

    // Control: written by the endpoints, each field on a line of its own.
    internal const int TailOffset = 512;                // u64
    internal const int SharedGateOffset = 640;          // u64
    internal const int ParkedSubscribersOffset = 768;   // u64: bit i for subscriber slot i
    internal const int ParkedPublishersOffset = 776;    // u64: bit i for publisher slot i
    internal const int CorruptOffset = 896;             // u64: 0, or a position at which an endpoint found corruption
    internal const int LanesOffset = 904;               // u64, hub: bit i when lane i was made
    internal const int ControlEnd = 1024;

    // Contract: two halves, one of which counts. Not in the mapping's business: read and written by pread and pwrite.
    internal const int ContractOffset = ControlEnd;     // its first byte is locked by who writes
    internal const int ContractHalfSize = 1536;         // both end with the least page
    internal const int ContractChecksumOffset = 0;      // u32: CRC-32C of length, generation and text
    internal const int ContractLengthOffset = 4;        // u32: bytes of the text as it stands there
    internal const int ContractGenerationOffset = 8;    // u32: the half that was written later counts; 0 for never
    internal const int ContractTextOffset = 12;         // UTF-8, compressed by Brotli

    // A slot of the endpoint table: four lines.
    internal const int SlotSize = 4 * LineSize;
    internal const int IntentOffset = 0;                // u64, publisher: where it is about to claim; 0 for nowhere
    internal const int GateOffset = 0;                  // u64, subscriber: space below it may be reused
    internal const int ResumeOffset = LineSize;         // u64, subscriber: where a restart goes on
    internal const int WithinOffset = LineSize + 8;     // u64, subscriber: where in the batch at resume
    internal const int MissedBytesOffset = LineSize + 16;    // u64, subscriber: what was overwritten before it was read
    internal const int PlaceNameOffset = LineSize + 64; // UTF-8, padded with zeros, subscriber: whose place it is
    internal const int PlaceNameSize = 64;
    internal const int ParkedOffset = 2 * LineSize;     // u32: odd asleep, even awake; counts up
    internal const int FutexWordOffset = 2 * LineSize + 4;   // u32: bumped by whoever wakes the owner
    internal const int StateOffset = 3 * LineSize;      // u32: SlotState
    internal const int GenerationOffset = 3 * LineSize + 4;  // u32: counts the owners
    internal const int ProcessIdOffset = 3 * LineSize + 8;   // u32: for people only
    internal const int IsKeptOffset = 3 * LineSize + 12;     // u32, subscriber of a broadcast: 1 where the place has a name
    internal const int JoinedAtOffset = 3 * LineSize + 16;   // i64: nanoseconds since 1970, UTC
    internal const int MessagesOffset = 3 * LineSize + 24;   // u64: messages of this owner, flushed now and then
    internal const int LossesOffset = 3 * LineSize + 32;     // u64, subscriber: claims skipped because their owner died
    internal const int LostBytesOffset = 3 * LineSize + 40;  // u64, subscriber: the bytes of those
    internal const int NameOffset = 3 * LineSize + 48;       // UTF-8, padded with zeros: for people only
    internal const int NameSize = SlotSize - NameOffset;

    /// <summary>The most publishers, and the most subscribers, that a region has room for: one bit each in a word.</summary>
    internal const int MaxSlots = 64;

    internal const long MaxCapacity = 512L << 20;
}
