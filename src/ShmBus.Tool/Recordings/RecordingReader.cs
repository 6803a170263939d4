using System.Diagnostics;
using System.Text;
using ShmBus.Regions;
using static System.Buffers.Binary.BinaryPrimitives;
using static ShmBus.Tool.Recordings.RecordingFormat;

namespace ShmBus.Tool.Recordings;

/// <summary>Reads a recording, front to back: see RECORDING.md. Whatever stands in the file: it ends, and needs memory for one message that is there.</summary>
internal sealed class RecordingReader
{
    private readonly Stream _stream;
    private readonly string _path;
    private readonly long _fileLength;
    private byte[] _body = new byte[1 << 16];
    private long _offset;
    private long _time;

    /// <summary>Reads the header.</summary>
    /// <exception cref="ToolException">It is no recording, of another version, or damaged.</exception>
    internal RecordingReader(Stream stream, string path)
    {
        _stream = stream;
        _path = path;
        _fileLength = stream.Length;
        Span<byte> start = stackalloc byte[TextOffset];
        if (_fileLength < TextOffset || Fill(start) < TextOffset || ReadUInt64LittleEndian(start) != Magic)
        {
            throw new ToolException(ExitCode.NotATopic, $"'{path}' is no recording: it does not begin as one; make one by 'shmbus record'.");
        }
        int major = ReadUInt16LittleEndian(start[8..]);
        if (major != MajorVersion)
        {
            throw new ToolException(ExitCode.OtherVersion, $"'{path}' is a recording of version {major}; this shmbus reads version {MajorVersion}: use the one that made it.");
        }
        uint length = ReadUInt32LittleEndian(start[LengthOffset..]);
        int name = ReadUInt16LittleEndian(start[TopicLengthOffset..]);
        int agreed = ReadUInt16LittleEndian(start[ContractLengthOffset..]);
        if (length > MaxHeader || length < TextOffset + name + agreed + ChecksumSize)
        {
            throw Damaged(0, $"its header says {length} bytes");
        }
        if (length > _fileLength)
        {
            throw Damaged(0, "it ends within its header");
        }
        byte[] header = new byte[length];
        start.CopyTo(header);
        Fill(header.AsSpan(TextOffset));
        if (ReadUInt32LittleEndian(header.AsSpan(header.Length - ChecksumSize)) != Crc32C.Of(header.AsSpan(0, header.Length - ChecksumSize)))
        {
            throw Damaged(0, "the checksum of its header is wrong");
        }
        BeganAt = DateTimeOffset.UnixEpoch.AddTicks(ReadInt64LittleEndian(header.AsSpan(BeganAtOffset)) / TimeSpan.NanosecondsPerTick);
        Topic = Encoding.UTF8.GetString(header, TextOffset, name);
        Contract = agreed == 0 ? null : Encoding.UTF8.GetString(header, TextOffset + name, agreed);
        _offset = length;
    }

    internal DateTimeOffset BeganAt { get; }

    internal string Topic { get; }

    internal string? Contract { get; }

    internal long Messages { get; private set; }

    /// <summary>The bytes of the ring that were not seen when it was made.</summary>
    internal long MissedBytes { get; private set; }

    /// <summary>Whether it was closed in good order: nothing may follow.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>Where the file ends in the middle of a frame, or without an end; null where it was closed, or as long as it goes on.</summary>
    internal long? TruncatedAt { get; private set; }

    /// <summary>Reads the next message, whose payload is valid until the next call. False at the end.</summary>
    /// <exception cref="ToolException">What stands there is damaged; says where.</exception>
    internal bool TryRead(out RecordedMessage message)
    {
        message = default;
        Span<byte> head = stackalloc byte[FrameHead];
        while (!IsClosed && TruncatedAt is null)
        {
            if (_fileLength - _offset < FrameHead || Fill(head) < FrameHead)
            {
                TruncatedAt = _offset;
                return false;
            }
            if (ReadUInt32LittleEndian(head[12..]) != RecordingWriter.HeadChecksum(head, _offset))
            {
                throw Damaged(_offset, "the checksum of the frame's head is wrong");
            }
            uint length = ReadUInt32LittleEndian(head);
            FrameKind kind = (FrameKind)ReadUInt32LittleEndian(head[4..]);
            if (length > MaxBody || (kind == FrameKind.Message && length < MessageHead) || (kind is FrameKind.Missed or FrameKind.End && length < CountBody))
            {
                throw Damaged(_offset, $"a frame of kind {(uint)kind} says {length} bytes");
            }
            if (length > _fileLength - _offset - FrameHead)
            {
                TruncatedAt = _offset;
                return false;
            }
            if (_body.Length < length)
            {
                _body = new byte[length];
            }
            Span<byte> body = _body.AsSpan(0, (int)length);
            if (Fill(body) < body.Length)
            {
                TruncatedAt = _offset;
                return false;
            }
            if (ReadUInt32LittleEndian(head[8..]) != Crc32C.Of(body))
            {
                throw Damaged(_offset, "the checksum of the frame is wrong");
            }
            long offset = _offset;
            _offset += FrameHead + length;
            switch (kind)
            {
                case FrameKind.Message:
                    message = Message(offset, (int)length);
                    Messages++;
                    return true;
                case FrameKind.Missed:
                    MissedBytes += Math.Clamp(ReadInt64LittleEndian(body[8..]), 0, long.MaxValue - MissedBytes);
                    break;
                case FrameKind.End:
                    IsClosed = true;
                    if (ReadInt64LittleEndian(body[8..]) != Messages || _offset != _fileLength)
                    {
                        throw Damaged(offset, $"it ends here with {Messages} messages, and says {ReadInt64LittleEndian(body[8..])}, or more stands behind");
                    }
                    break;
                default:
                    // A newer minor version may add kinds that can be left out.
                    break;
            }
        }
        return false;
    }

    private RecordedMessage Message(long offset, int length)
    {
        ReadOnlySpan<byte> body = _body.AsSpan(0, length);
        long time = ReadInt64LittleEndian(body);
        FrameFields fields = (FrameFields)ReadUInt16LittleEndian(body[12..]);
        int stateLength = ReadUInt16LittleEndian(body[14..]);
        int size = MessageHead + ((fields & FrameFields.Timestamp) == 0 ? 0 : TimestampSize) + ((fields & FrameFields.CorrelationId) == 0 ? 0 : CorrelationSize) +
            ((fields & FrameFields.TraceContext) == 0 ? 0 : TraceSize) + stateLength;
        if ((fields & ~FrameFields.Known) != 0 || ((fields & FrameFields.TraceState) == 0 && stateLength != 0) || size > length || time < _time)
        {
            throw Damaged(offset, "its fields do not fit together");
        }
        _time = time;
        ReadOnlySpan<byte> rest = body[MessageHead..];
        MessageExtras extras = default;
        if ((fields & FrameFields.Timestamp) != 0)
        {
            extras = extras with { Timestamp = DateTimeOffset.UnixEpoch.AddTicks(ReadInt64LittleEndian(rest) / TimeSpan.NanosecondsPerTick) };
            rest = rest[TimestampSize..];
        }
        if ((fields & FrameFields.CorrelationId) != 0)
        {
            extras = extras with { CorrelationId = new Guid(rest[..CorrelationSize], bigEndian: true) };
            rest = rest[CorrelationSize..];
        }
        if ((fields & FrameFields.TraceContext) != 0)
        {
            extras = extras with { TraceContext = new TraceContext(ReadUInt128BigEndian(rest), ReadUInt64BigEndian(rest[16..]), (ActivityTraceFlags)rest[24]) };
            rest = rest[TraceSize..];
        }
        ReadOnlySpan<byte> state = rest[..stateLength];
        if (stateLength > MessageExtras.MaxTraceStateLength || !Ascii.IsValid(state))
        {
            throw Damaged(offset, "its trace state is none");
        }
        extras = extras with { TraceState = Encoding.ASCII.GetString(state) };
        return new RecordedMessage(time, ReadUInt32LittleEndian(body[8..]), extras, _body.AsMemory(size, length - size));
    }

    private int Fill(Span<byte> bytes) => _stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);

    private ToolException Damaged(long offset, string reason) =>
        new(ExitCode.Corrupt, $"'{_path}' is damaged at offset {offset}: {reason}; {Messages} messages before it are whole ('shmbus replay --partial' publishes those).");
}

/// <summary>A message of a recording.</summary>
/// <param name="Time">Nanoseconds since the recording began.</param>
/// <param name="Payload">Valid until the next one is read.</param>
internal readonly record struct RecordedMessage(long Time, uint Type, MessageExtras Extras, ReadOnlyMemory<byte> Payload);
