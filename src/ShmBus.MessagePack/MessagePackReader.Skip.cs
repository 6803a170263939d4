namespace ShmBus.MessagePack;

public ref partial struct MessagePackReader
{
    /// <summary>Reads over one value with all that lies in it. Takes time for each of its values and, however deep they lie, no stack.</summary>
    /// <exception cref="MessagePackException">The data end before the value does, or hold a byte that stands for nothing.</exception>
    public void Skip()
    {
        MessagePackReader ahead = this;
        // This one counts as announced, wherever it lies.
        int owed = ahead._owed = Math.Max(_owed, 1);
        do
        {
            ahead.SkipOne();
        }
        while (ahead._owed >= owed);
        this = ahead;
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

    /// <summary>Reads over a value, or over the header of an array or a map.</summary>
    private void SkipOne()
    {
        const string Expected = "a value";
        byte code = Peek(Expected);
        switch (MessagePackCode.TypeOf(code))
        {
            case MessagePackType.Array:
                _ = ReadArrayHeader();
                break;
            case MessagePackType.Map:
                _ = ReadMapHeader();
                break;
            case MessagePackType.String:
                _ = ReadStringSpan();
                break;
            case MessagePackType.Binary:
                _ = ReadBytes();
                break;
            case MessagePackType.Extension:
                _ = ReadExtension(out _);
                break;
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
                break;
        }
    }
}
