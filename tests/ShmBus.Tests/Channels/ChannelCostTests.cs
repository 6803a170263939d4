using ShmBus.Serialization;

namespace ShmBus.Tests.Channels;

/// <summary>What a channel straight over the ring costs.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class ChannelCostTests
{
    [Test]
    public async Task Nothing_is_allocated_for_a_message()
    {
        using Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = 4096 });
        await using TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>());
        await using TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>());
        Assert.That(Allocated(() => writer.TryWrite(1) && reader.TryRead(out _)), Is.Zero, "at once");
        Assert.That(Allocated(() => IsOver(writer.WriteAsync(1)) && ResultOf(reader.ReadAsync()) == 1), Is.Zero, "at once, by calls that may wait");
        Assert.That(Allocated(() => ResultOf(writer.WaitToWriteAsync()) && !reader.TryRead(out _)), Is.Zero, "empty");
        while (writer.TryWrite(1))
        {
        }
        Assert.That(Allocated(() => !writer.TryWrite(1) && ResultOf(reader.WaitToReadAsync())), Is.Zero, "full");
    }

    private static bool IsOver(ValueTask task) => task.IsCompletedSuccessfully;

    private static T ResultOf<T>(ValueTask<T> task) => task.IsCompleted ? task.Result : throw new AssertionException("It waits.");

    private static long Allocated(Func<bool> action)
    {
        // The first times make what is kept.
        for (int i = 0; i < 100; i++)
        {
            Assert.That(action(), Is.True);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _ = action();
        }
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
