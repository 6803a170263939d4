using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.TestPeer;

/// <summary>
/// Writes over every part of a region while others work on it: with chance bytes, and with what a peer could write that knows the
/// layout and the key. Some of it lasts a while: records and tails that run ahead of the reader, a word written all the time.
/// </summary>
internal sealed unsafe class FuzzScribbler : IDisposable
{
    private readonly Region _region;
    private readonly RingMemory _memory;
    private readonly Random _random;
    private readonly FuzzCounts _counts;
    private readonly nint[] _fields;
    private int _reader;
    private CancellationToken _stop;
    private long _bytes;

    internal FuzzScribbler(string path, Random random, FuzzCounts counts)
    {
        _random = random;
        _counts = counts;
        string[] files = [path, .. Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".lane*").Order(StringComparer.Ordinal)];
        using RegionFile file = RegionFile.Open(files[random.Next(files.Length)], RegionOptions.Default, readOnly: false);
        _region = Region.Map(file, RegionOptions.Default, readOnly: false);
        _memory = _region.Ring();
        _fields = [.. Addresses()];
    }

    private ulong Capacity => _memory.Capacity;

    private RingSlot Reader => _memory.Subscriber(_reader);

    internal void Run(CancellationToken stop)
    {
        _stop = stop;
        int pause = _random.Next(5);
        bool spoilsHeader = _random.Next(10) == 0;
        while (!stop.IsCancellationRequested)
        {
            // Messages flow, and some acts later nothing does: then it is made to flow again.
            Thread.Sleep(_random.Next(10));
            for (int acts = _random.Next(1, 20); acts > 0; acts--)
            {
                Act(spoilsHeader);
                Thread.Sleep(_random.Next(pause + 1));
            }
            Reset();
        }
        _counts.Add("overwritten", _bytes);
    }

    public void Dispose()
    {
        _region.Close();
        _region.Unmap();
    }

    private void Act(bool spoilsHeader)
    {
        _reader = _random.Next(_memory.Geometry.SubscriberSlots);
        switch (_random.Next(100))
        {
            case < 8:
                WriteByte(AnyByte(), (byte)_random.Next(256));
                break;
            case < 25:
                WriteField(AnyField(), AnyValue());
                break;
            case < 52:
                WriteRecord(AnyPlace(), AnyKind(), AnyLength());
                break;
            case < 72:
                WriteField(AtReader() + (ulong)_random.Next(128) * 4 % Capacity, AnyLength() | (ulong)_random.Next(3) << 32);
                break;
            case < 86:
                Reset();
                break;
            case < 88:
                RunAhead();
                break;
            case < 91:
                Repeat(AnyField());
                break;
            case < 94:
                Toggle();
                break;
            case < 95:
                PunchHole(spoilsHeader);
                break;
            case < 96 when spoilsHeader:
                WriteByte(_region.Address + _random.Next(HeaderSize), (byte)_random.Next(256));
                break;
            default:
                // The others get on for a while.
                Thread.Sleep(_random.Next(2));
                break;
        }
    }

    /// <summary>Every number that somebody acts on or shows.</summary>
    private List<nint> Addresses()
    {
        List<nint> addresses = [(nint)_memory.Tail, (nint)_memory.SharedGate, (nint)_memory.ParkedSubscribers, (nint)_memory.ParkedPublishers, (nint)_memory.Corrupt, (nint)_memory.Lanes];
        foreach (EndpointRole role in Enum.GetValues<EndpointRole>())
        {
            for (int i = 0; i < _memory.Slots(role); i++)
            {
                RingSlot slot = _memory.Slot(role, i);
                addresses.AddRange([(nint)slot.Intent, (nint)slot.Resume, (nint)slot.Within, (nint)slot.Parked, (nint)slot.FutexWord, (nint)slot.State,
                    (nint)slot.Generation, (nint)slot.ProcessId, (nint)slot.JoinedAt, (nint)slot.Messages, (nint)slot.Losses, (nint)slot.MissedBytes, (nint)slot.IsKept]);
            }
        }
        return addresses;
    }

    private byte* AnyField() => (byte*)_fields[_random.Next(_fields.Length)];

    private byte* AnyByte() => _region.Address + _random.Next(3) switch
    {
        0 => _random.Next(HeaderSize, ControlEnd),
        1 => _random.NextInt64(_region.Geometry.TableOffset, _region.Geometry.DataOffset),
        _ => _random.NextInt64(_region.Geometry.DataOffset, _region.Geometry.RegionSize),
    };

    /// <summary>A position at which something happens, or one that is nearly one.</summary>
    private ulong AnyPlace()
    {
        ulong place = _random.Next(6) switch
        {
            0 => *_memory.Tail,
            1 => *Reader.Gate,
            2 or 3 => *Reader.Resume,
            4 => *Reader.Within,
            _ => *_memory.Publisher(_random.Next(_memory.Geometry.PublisherSlots)).Intent,
        };
        return _random.Next(3) switch
        {
            0 => place + (ulong)_random.Next(-32, 33) * 16,
            1 => place + (ulong)_random.Next(-16, 17),
            _ => place,
        };
    }

    private ulong AnyValue() => _random.Next(16) switch
    {
        0 => 0,
        1 => 1,
        2 => ulong.MaxValue,
        3 => (ulong)_random.NextInt64() * 2,
        4 => 1UL << 63,
        5 => long.MaxValue & ~15L,
        6 => ulong.MaxValue - 15 - (ulong)_random.Next(1 << 16),
        7 => (ulong)_random.Next(4),
        8 => AnyPlace() + Capacity,
        9 => AnyPlace() - Capacity,
        10 => AnyPlace() + (ulong)_random.NextInt64((long)Capacity * 4),
        11 => Capacity,
        _ => AnyPlace(),
    };

    /// <summary>As a length, at its limits and beyond.</summary>
    private uint AnyLength() => _random.Next(10) switch
    {
        0 => 0,
        1 => uint.MaxValue,
        2 => (uint)Capacity / 4,
        3 => (uint)Capacity / 4 + 1,
        4 => (uint)_random.NextInt64(uint.MaxValue),
        5 => (uint)Capacity,
        6 => (uint)_random.Next((int)Capacity / 4) & ~7u,
        _ => (uint)_random.Next(256) & ~7u,
    };

    private RecordKind AnyKind() => (RecordKind)(_random.Next(20) == 0 ? _random.Next(16) : 1 + _random.Next(5));

    private byte* At(ulong position) => _memory.Data + (position & Capacity - 1);

    private byte* AtReader() => At(*Reader.Resume & ~15UL);

    private void WriteByte(byte* at, byte value)
    {
        *at = value;
        _bytes++;
    }

    private void WriteField(byte* at, ulong value)
    {
        if (_random.Next(4) == 0)
        {
            *(uint*)at = (uint)value;
            _bytes += sizeof(uint);
            return;
        }
        *(ulong*)at = value;
        _bytes += sizeof(ulong);
    }

    /// <summary>A record with the right stamp, the rest as may be.</summary>
    private void WriteRecord(ulong position, RecordKind kind, uint length)
    {
        byte* at = At(position & ~15UL);
        *(uint*)(at + RecordDescriptor.LengthOffset) = length;
        if (kind == RecordKind.Short && length <= Capacity)
        {
            *(ulong*)(at + RecordDescriptor.Extent(length) - RecordDescriptor.TrueLengthSize) = _random.Next(3) == 0 ? AnyValue() : length - 1UL;
        }
        if (kind == RecordKind.Batch && _random.Next(2) == 0)
        {
            for (uint end = Math.Min(length, (uint)Capacity / 4), i = 0; i + 8 <= end; i += 8 + (uint)_random.Next(9) * 8)
            {
                *(ulong*)(at + RecordDescriptor.HeaderSize + i) = _random.Next(20) == 0 ? AnyLength() : (ulong)_random.Next(64);
                _bytes += sizeof(ulong);
            }
        }
        if (kind == RecordKind.Extended)
        {
            WriteExtras(at + RecordDescriptor.HeaderSize, Math.Min(length, (uint)Capacity / 4));
        }
        Atomic.StoreRelease((ulong*)at, RecordDescriptor.BareStamp(position, _memory.Key) | (ulong)kind);
        _bytes += RecordDescriptor.HeaderSize;
    }

    /// <summary>A block that fits its record, but for what is a lie in it.</summary>
    private void WriteExtras(byte* block, uint length)
    {
        ExtrasBlock shape = new((ExtrasFields)_random.Next(16), _random.Next(64));
        uint size = _random.Next(4) == 0 ? AnyLength() : (uint)shape.Size;
        uint fields = _random.Next(4) == 0 ? (uint)_random.Next(1 << 16) : shape.Head >> 16;
        uint payload = _random.Next(4) == 0 ? AnyLength() : length - Math.Min(length, (uint)shape.Size);
        *(ulong*)block = (ushort)size | (ulong)(ushort)fields << 16 | (ulong)payload << 32;
        *(ushort*)(block + shape.OffsetOf(ExtrasFields.TraceState)) = _random.Next(4) == 0 ? (ushort)AnyLength() : (ushort)shape.TraceStateLength;
        _bytes += sizeof(ulong) + sizeof(ushort);
    }

    /// <summary>Numbers that fit together once more, so that who was shut out can join: somewhere, or where no ring gets to.</summary>
    private void Reset()
    {
        ulong place = _random.Next(40) switch
        {
            0 => (1UL << 63) - Capacity * (ulong)_random.Next(1, 4),
            1 => 0UL - Capacity * (ulong)_random.Next(1, 4),
            _ => Capacity * (ulong)_random.Next(1, 1000) + (ulong)_random.Next(256) * 16,
        };
        *_memory.SharedGate = place;
        for (int i = 0; i < _memory.Geometry.SubscriberSlots; i++)
        {
            *_memory.Subscriber(i).Gate = *_memory.Subscriber(i).Resume = place;
        }
        *_memory.Tail = place + (_random.Next(2) == 0 ? 0 : (ulong)_random.NextInt64((long)Capacity / 16 + 1) * 16);
        _bytes += 4 * sizeof(ulong);
    }

    /// <summary>For a while the tail stays ahead of the reader, with records or holes in between.</summary>
    private void RunAhead()
    {
        RecordKind kind = AnyKind();
        uint length = (uint)_random.Next(3) * 8;
        bool stamps = _random.Next(2) == 0;
        ulong position = *Reader.Resume & ~15UL;
        for (int i = _random.Next(100_000); i > 0 && !_stop.IsCancellationRequested; i--)
        {
            *_memory.Tail = (*Reader.Gate & ~15UL) + Capacity;
            _bytes += sizeof(ulong);
            if (stamps)
            {
                ulong resume = *Reader.Resume & ~15UL;
                position = position - resume > Capacity / 2 ? resume : position;
                WriteRecord(position, kind, length);
                position += RecordDescriptor.Extent(length);
            }
        }
    }

    /// <summary>One word, all the time: the same, or what it was a moment ago.</summary>
    private void Repeat(byte* field)
    {
        ulong value = _random.Next(2) == 0 ? *(ulong*)field : AnyValue();
        int count = _random.Next(100_000);
        for (int i = 0; i < count && !_stop.IsCancellationRequested; i++)
        {
            *(ulong*)field = value;
        }
        _bytes += count * sizeof(ulong);
    }

    /// <summary>A record at the reader's place that is of one kind and of another by turns.</summary>
    private void Toggle()
    {
        ulong position = *Reader.Resume & ~15UL;
        (RecordKind first, RecordKind second) = (AnyKind(), AnyKind());
        (uint shorter, uint longer) = ((uint)_random.Next(8) * 8, AnyLength());
        for (int i = _random.Next(20_000); i > 0 && !_stop.IsCancellationRequested; i--)
        {
            WriteRecord(position, i % 2 == 0 ? first : second, i % 3 == 0 ? longer : shorter);
        }
    }

    private void PunchHole(bool spoilsHeader)
    {
        int page = _region.Geometry.PageSize;
        int pages = (int)(_region.Geometry.RegionSize / page);
        int from = _random.Next(spoilsHeader ? 0 : (int)(_region.Geometry.DataOffset / page), pages);
        int count = _random.Next(1, pages - from + 1);
        Posix.PunchHole(((RegionFile)_region.Source).Handle, (long)from * page, (long)count * page);
        _bytes += (long)count * page;
    }
}
