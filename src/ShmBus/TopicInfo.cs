using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Serialization;

namespace ShmBus;

/// <summary>A topic as it stands in the list of a bus; or something else that stands among the topics.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">How it was made: what shapes the topic, its mode and its group. Null where there is a problem.</param>
/// <param name="Size">The bytes of its file, and of those of its lanes.</param>
/// <param name="CreatedAt">When it was made. Null where there is a problem.</param>
/// <param name="IsInUse">Whether some living process, this one included, has it open.</param>
/// <param name="Problem">Why it cannot be opened with the options of the bus, or null: it is no topic, is damaged, or is not to be trusted.</param>
public sealed record TopicInfo(string Name, TopicOptions? Options, long Size, DateTimeOffset? CreatedAt, bool IsInUse, Exception? Problem)
{
    /// <summary>What its messages look like, as its typed endpoints agreed on; null where there were none, or there is a problem.</summary>
    public MessageContract? Contract { get; init; }

    /// <summary>Looks at one file. Null when it is gone by now.</summary>
    internal static TopicInfo? Read(RegionDirectory directory, string name, TopicOptions options)
    {
        if (Libc.Lstat(directory.Handle, name, directory.PathOf(name)) is not FileStatus status)
        {
            return null;
        }
        try
        {
            TopicNames.Check(name);
            using Topic topic = Topic.LookAtIn(directory, name, options);
            return new TopicInfo(
                name, TopicOptions.Of(topic) with { Mode = status.Mode, Group = (int)status.Group }, (long)status.Size + LaneBytes(directory, topic, name), RegionTime.Decode(topic.Source.Header.CreatedAt),
                RegionUse.IsUsed(((RegionFile)topic.Source).Handle), Problem: null)
            {
                Contract = topic.Contract,
            };
        }
        catch (NotFoundErrnoException)
        {
            return null;
        }
        catch (Exception problem) when (problem is RegionException or AccessErrnoException or TopicNameException)
        {
            return new TopicInfo(name, null, (long)status.Size, null, IsUsed(directory, name), problem);
        }
    }

    private static long LaneBytes(RegionDirectory directory, Topic topic, string name)
    {
        long bytes = 0;
        for (int i = 0; topic.Lanes && i < topic.Publishers; i++)
        {
            string lane = LaneFiles.NameOf(name, i);
            bytes += (long)(Libc.Lstat(directory.Handle, lane, directory.PathOf(lane))?.Size ?? 0);
        }
        return bytes;
    }

    /// <summary>The same of a file that is no topic, as far as it can be known.</summary>
    private static bool IsUsed(RegionDirectory directory, string name)
    {
        try
        {
            using SafeFileHandle found = directory.Find(name);
            using SafeFileHandle file = RegionFile.OpenDescription(found, directory.PathOf(name), readOnly: true);
            return RegionUse.IsUsed(file);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
