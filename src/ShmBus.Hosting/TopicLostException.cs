namespace ShmBus.Hosting;

/// <summary>A topic's file was deleted or replaced while this host used it. It moves to the new one by itself.</summary>
public sealed class TopicLostException : IOException
{
    internal TopicLostException(string topic)
        : base($"The file of the topic '{topic}' was deleted or replaced while it was in use. This host moves to the new one; processes that do not (without ShmBus.Hosting) must be started again. "
            + "Typical causes: somebody deleted it, or systemd did at logout (RemoveIPC=yes in logind.conf).") =>
        Topic = topic;

    /// <summary>The topic.</summary>
    public string Topic { get; }
}
