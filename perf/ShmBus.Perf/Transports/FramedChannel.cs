namespace ShmBus.Perf.Transports;

/// <summary>Messages as frames on two byte streams.</summary>
internal sealed class FramedChannel(Duplex duplex, ChannelSettings settings, bool batched) : MessageChannel
{
    private readonly FrameWriter _writer = new(duplex, settings.Size, batched);
    private readonly FrameReader _reader = new(duplex, settings.Size);

    public override void Connect() => duplex.Connect();

    public override Span<byte> Claim(int length) => _writer.Claim(length);

    public override void Commit() => _writer.Commit();

    public override void Flush() => _writer.Flush();

    public override ReadOnlySpan<byte> Next() => _reader.Next();

    public override void Dispose() => duplex.Dispose();
}
