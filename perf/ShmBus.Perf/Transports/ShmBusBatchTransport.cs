using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>ShmBus with many messages to a claim.</summary>
internal sealed class ShmBusBatchTransport : ShmBusTransport
{
    private const int BatchBytes = 4096;

    public override string Name => "shmbus-batch";

    public override string? Note => $"{Name} publishes as many messages at once as fit into {BatchBytes:#,0} bytes.";

    protected override IProducer NewProducer(Publisher publisher) => new BatchProducer(publisher);

    private sealed class BatchProducer(Publisher publisher) : IProducer
    {
        public void Run(StreamSource source)
        {
            var batch = new MessageBatch(BatchBytes);
            byte[] message = new byte[source.Size];
            batch.Add(message);
            int mostMessages = Math.Max(1, BatchBytes / batch.Length);
            batch.Clear();
            bool more;
            do
            {
                source.AwaitTurn();
                more = source.Write(message);
                batch.Add(message);
                if (!more || batch.Count == mostMessages)
                {
                    publisher.Publish(batch);
                    batch.Clear();
                }
            }
            while (more);
        }

        public void Dispose() => publisher.Dispose();
    }
}
