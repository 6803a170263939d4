using ShmBus.Regions;

namespace ShmBus;

public sealed partial class Topic
{
    /// <summary>
    /// Makes a topic in the memory of this process, for its threads: for tests, and for development on systems where there is no other
    /// kind. It behaves as any topic, and is made of the same code, but for the system: it needs none, and runs wherever .NET does.
    /// </summary>
    /// <remarks>
    /// The messages are gone when nobody refers to the topic or to one of its endpoints. An endpoint that is not disposed keeps its slot.
    /// Of the options, those that speak of files and pages have no effect.
    /// </remarks>
    /// <param name="options">How to make it.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="ArgumentException">An option is out of bounds; it says which.</exception>
    /// <exception cref="OutOfMemoryException">There is no room for the ring.</exception>
    public static Topic CreateInProcess(TopicOptions? options = null) => CreateInProcess("(in-process topic)", options ?? TopicOptions.Default);

    /// <summary>The same, with a name for messages to people.</summary>
    internal static Topic CreateInProcess(string name, TopicOptions options)
    {
        return new Topic(RegionArray.Create(options.ToHeader(), name), options, isNew: true);
    }

    /// <summary>The same topic once more, to be disposed for itself: for a bus within the process, which keeps one and hands out others.</summary>
    /// <param name="options">How the other one is mapped.</param>
    /// <param name="isNew">Whether it was made for this.</param>
    /// <exception cref="ObjectDisposedException">This one was disposed.</exception>
    internal Topic Share(TopicOptions options, bool isNew = false)
    {
        return new Topic(_source.Reopen(options.ToRegionOptions(), readOnly: false), options, isNew);
    }
}
