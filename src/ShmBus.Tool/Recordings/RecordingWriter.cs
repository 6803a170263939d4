using System.Text;
using ShmBus.Regions;
using static System.Buffers.Binary.BinaryPrimitives;
using static ShmBus.Tool.Recordings.RecordingFormat;

namespace ShmBus.Tool.Recordings;

/// <summary>
/// Writes a recording, front to back: see RECORDING.md. What was flushed is there when this process is killed. A stream that is not whole to its last byte is
/// read up to there.
/// </summary>
internal sealed class RecordingWriter
{
    private const int BufferSize = 1 << 17;

    private readonly Stream _stream;
    private byte[] _buffer = new byte[2 * BufferSize];
    private int _length;
    private long _flushed;

    internal RecordingWriter(Stream stream, DateTimeOffset beganAt, string topic, string? contract)
    {
        _stream = stream;
        byte[] name = Encoding.UTF8.GetBytes(topic);
        byte[] agreed = Encoding.UTF8.GetBytes(contract ?? "");
        int length = Align(TextOffset + name.Length + agreed.Length + ChecksumSize);
        Span<byte> header = Reserve(length);
        header.Clear();
        WriteUInt64LittleEndian(header, Magic);
        WriteUInt16LittleEndian(header[8..], MajorVersion);
        WriteUInt16LittleEndian(header[10..], MinorVersion);
        WriteUInt32LittleEndian(header[LengthOffset..], (uint)length);
        WriteInt64LittleEndian(header[BeganAtOffset..], (beganAt.UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick);
        WriteUInt16LittleEndian(header[TopicLengthOffset..], (ushort)name.Length);
        WriteUInt16LittleEndian(header[ContractLengthOffset..], (ushort)agreed.Length);
        name.CopyTo(header[TextOffset..]);
        agreed.CopyTo(header[(TextOffset + name.Length)..]);
        WriteUInt32LittleEndian(header[^ChecksumSize..], Crc32C.Of(header[..^ChecksumSize]));
    }

    internal long Messages { get; private set; }

    /// <summary>The bytes of the file, those that are not flushed yet included.</summary>
    internal long Length => _flushed + _length;

    /// <summary>Whether there is so much that it should be flushed.</summary>
    internal bool IsFull => _length >= BufferSize;

    /// <summary>Appends a message. Time is in nanoseconds since the recording began.</summary>
    internal void Add(long time, uint type, in MessageExtras extras, ReadOnlySpan<byte> payload)
    {
        FrameFields fields =
            (extras.Timestamp is null ? 0 : FrameFields.Timestamp) | (extras.CorrelationId is null ? 0 : FrameFields.CorrelationId) |
            (extras.TraceContext is null ? 0 : FrameFields.TraceContext) | (extras.TraceState is null ? 0 : FrameFields.TraceState);
        int size = MessageHead + (extras.Timestamp is null ? 0 : TimestampSize) + (extras.CorrelationId is null ? 0 : CorrelationSize) +
            (extras.TraceContext is null ? 0 : TraceSize) + (extras.TraceState?.Length ?? 0);
        Span<byte> frame = Reserve(FrameHead + size + payload.Length);
        Span<byte> body = frame[FrameHead..];
        WriteInt64LittleEndian(body, time);
        WriteUInt32LittleEndian(body[8..], type);
        WriteUInt16LittleEndian(body[12..], (ushort)fields);
        WriteUInt16LittleEndian(body[14..], (ushort)(extras.TraceState?.Length ?? 0));
        Span<byte> rest = body[MessageHead..];
        if (extras.Timestamp is { } timestamp)
        {
            WriteInt64LittleEndian(rest, (timestamp.UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick);
            rest = rest[TimestampSize..];
        }
        if (extras.CorrelationId is { } id)
        {
            id.TryWriteBytes(rest, bigEndian: true, out _);
            rest = rest[CorrelationSize..];
        }
        if (extras.TraceContext is { } trace)
        {
            rest[..TraceSize].Clear();
            WriteUInt128BigEndian(rest, trace.TraceId);
            WriteUInt64BigEndian(rest[16..], trace.SpanId);
            rest[24] = (byte)trace.Flags;
            rest = rest[TraceSize..];
        }
        rest = rest[Encoding.ASCII.GetBytes(extras.TraceState ?? "", rest)..];
        payload.CopyTo(rest);
        Close(frame, FrameKind.Message);
        Messages++;
    }

    /// <summary>Appends that bytes of the ring were not seen.</summary>
    internal void AddMissed(long time, long bytes) => AddCount(FrameKind.Missed, time, bytes);

    /// <summary>Appends that this is all, and flushes.</summary>
    internal void End(long time)
    {
        AddCount(FrameKind.End, time, Messages);
        Flush();
    }

    /// <summary>Hands all to the system.</summary>
    internal void Flush()
    {
        _stream.Write(_buffer, 0, _length);
        _stream.Flush();
        _flushed += _length;
        _length = 0;
    }

    private void AddCount(FrameKind kind, long time, long count)
    {
        Span<byte> frame = Reserve(FrameHead + CountBody);
        WriteInt64LittleEndian(frame[FrameHead..], time);
        WriteInt64LittleEndian(frame[(FrameHead + 8)..], count);
        Close(frame, kind);
    }

    private Span<byte> Reserve(int size)
    {
        if (size > _buffer.Length - _length)
        {
            Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + size));
        }
        Span<byte> reserved = _buffer.AsSpan(_length, size);
        _length += size;
        return reserved;
    }

    private void Close(Span<byte> frame, FrameKind kind)
    {
        WriteUInt32LittleEndian(frame, (uint)(frame.Length - FrameHead));
        WriteUInt32LittleEndian(frame[4..], (uint)kind);
        WriteUInt32LittleEndian(frame[8..], Crc32C.Of(frame[FrameHead..]));
        WriteUInt32LittleEndian(frame[12..], HeadChecksum(frame, Length - frame.Length));
    }

    /// <summary>Of where the head stands and its first 12 bytes: one that stands elsewhere is not taken for it.</summary>
    internal static uint HeadChecksum(ReadOnlySpan<byte> head, long offset)
    {
        Span<byte> bytes = stackalloc byte[8 + 12];
        WriteInt64LittleEndian(bytes, offset);
        head[..12].CopyTo(bytes[8..]);
        return Crc32C.Of(bytes);
    }
}
