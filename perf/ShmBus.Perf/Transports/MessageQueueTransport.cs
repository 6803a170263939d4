using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>Two POSIX message queues, as long as an ordinary user may make them, that the peer inherits. They keep messages apart.</summary>
internal sealed class MessageQueueTransport : ChannelTransport, IManyProducersTransport
{
    public override string Name => "mqueue";

    public override string? Missing => MessageQueue.Missing;

    public override string? WhyTooLong(int size) => size <= MessageQueue.MostBytes ? null
        : $"a POSIX message queue takes up to {MessageQueue.MostBytes} here (/proc/sys/fs/mqueue/msgsize_max)";

    public IProducer OpenProducer(ChannelSettings settings)
    {
        int[] queues = Inheritance.Read(settings);
        return new ChannelProducer(new Queues(settings, queues[0], queues[1]));
    }

    protected override MessageChannel Create(ChannelSettings settings)
    {
        string name = "/" + Path.GetFileName(settings.Directory);
        int there = MessageQueue.Make(name, settings.Size);
        int back = MessageQueue.Make(name, settings.Size);
        Inheritance.Write(settings, there, back);
        return new Queues(settings, there, back);
    }

    protected override MessageChannel Open(ChannelSettings settings)
    {
        int[] queues = Inheritance.Read(settings);
        return new Queues(settings, queues[1], queues[0]);
    }

    private sealed class Queues(ChannelSettings settings, int outgoing, int incoming) : MessageChannel
    {
        private readonly byte[] _sent = GC.AllocateUninitializedArray<byte>(settings.Size, pinned: true);
        private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(settings.Size, pinned: true);

        public override Span<byte> Claim(int length) => _sent.AsSpan(0, length);

        public override void Commit() => MessageQueue.Send(outgoing, _sent);

        public override ReadOnlySpan<byte> Next() => _received.AsSpan(0, MessageQueue.Receive(incoming, _received));

        public override void Dispose()
        {
            Descriptor.Close(outgoing);
            Descriptor.Close(incoming);
        }
    }
}
