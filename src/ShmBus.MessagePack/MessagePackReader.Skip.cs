namespace ShmBus.MessagePack;

public ref partial struct MessagePackReader
{
    /// <summary>Reads over one value with all that lies in it. Takes time for each of its values and, however deep they lie, no stack.</summary>
    /// <exception cref="MessagePackException">The data end before the value does, or hold a byte that stands for nothing.</exception>
    public void Skip()
    {
        MessagePackReader ahead = this;
        long left = 1;
        do
        {
            left += ahead.SkipOne() - 1;
            if (left > ahead.Remaining)
            {
                throw new MessagePackException(ahead._position, $"{left} more values", $"the end of the data after {ahead.Remaining} bytes");
            }
        }
        while (left > 0);
        _position = ahead._position;
    }

    /// <summary>Reads over one value with all that lies in it, and returns its bytes.</summary>
    /// <returns>The bytes in the data, as <see cref="MessagePackWriter.WriteRaw"/> takes them.</returns>
    /// <exception cref="MessagePackException">As for <see cref="Skip"/>.</exception>
    public ReadOnlySpan<byte> ReadRaw()
    {
        int start = _position;
        Skip();
        return _data[start.._position];
    }

    /// <summary>Reads over a value, or over the header of an array or a map; returns how many values it announces.</summary>
    private long SkipOne()
    {
        const string Expected = "a value";
        byte code = Peek(Expected);
        switch (MessagePackCode.TypeOf(code))
        {
            case MessagePackType.Array:
                return ReadArrayHeader();
            case MessagePackType.Map:
                return 2L * ReadMapHeader();
            case MessagePackType.String:
                _ = ReadStringSpan();
                return 0;
            case MessagePackType.Binary:
                _ = ReadBytes();
                return 0;
            case MessagePackType.Extension:
                _ = ReadExtension(out _);
                return 0;
            case MessagePackType.Unknown:
                throw Unexpected(Expected);
            default:
                _ = TakeFixed(code switch
                {
                    MessagePackCode.UInt8 or MessagePackCode.Int8 => 1,
                    MessagePackCode.UInt16 or MessagePackCode.Int16 => 2,
                    MessagePackCode.UInt32 or MessagePackCode.Int32 or MessagePackCode.Float32 => 4,
                    MessagePackCode.UInt64 or MessagePackCode.Int64 or MessagePackCode.Float64 => 8,
                    _ => 0,
                });
                return 0;
        }
    }
}
