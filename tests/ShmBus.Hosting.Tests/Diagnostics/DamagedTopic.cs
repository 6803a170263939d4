using System.Text;

namespace ShmBus.Hosting.Tests.Diagnostics;

/// <summary>A topic <c>orders</c> with one message, whose head somebody wrote over.</summary>
internal static class DamagedTopic
{
    /// <summary>From the start of the payload back to the highest byte of its length: longer than any ring.</summary>
    internal const int Length = 5;

    /// <summary>Back to the lowest byte of the stamp, which has the kind: none that this version knows.</summary>
    internal const int Kind = 16;

    internal static void Create(string directory, int field)
    {
        using Bus bus = Bus.Open(directory);
        using Topic topic = bus.OpenOrCreateTopic("orders");
        using Publisher publisher = topic.CreatePublisher();
        byte[] payload = Encoding.UTF8.GetBytes($"order {Guid.NewGuid()}");
        publisher.TryPublish(payload);
        using FileStream file = new(topic.Path!, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] all = new byte[file.Length];
        file.ReadExactly(all);
        int at = all.AsSpan().IndexOf(payload) - field;
        file.Position = at;
        file.WriteByte((byte)(all[at] | 0xf));
        file.Flush();
    }
}
