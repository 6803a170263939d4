using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>Deletes topics that nobody uses, with their lanes.</summary>
internal static class TopicDeletion
{
    /// <summary>Deletes a topic. False when somebody uses it, or one of its lanes.</summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="onlyWhole">Leave it if it is damaged, and so may be anything.</param>
    internal static bool TryDelete(RegionDirectory directory, string name, bool onlyWhole)
    {
        List<RegionDeletion> files = [];
        try
        {
            if (RegionDeletion.TryBegin(directory, name) is not RegionDeletion topic)
            {
                return false;
            }
            files.Add(topic);
            if ((topic.Header is null && onlyWhole) || (topic.Header is RegionHeader header && !TryBeginLanes(directory, name, header, files)))
            {
                return false;
            }
            // The topic first: lanes that are left by one that is killed here belong to nobody, and a topic without them would be broken.
            files.ForEach(static file => file.Delete());
            return true;
        }
        finally
        {
            files.ForEach(static file => file.Dispose());
        }
    }

    /// <summary>Deletes a lane that nobody uses, if it does not belong to the topic that it lies beside.</summary>
    internal static bool TryDeleteLeftLane(RegionDirectory directory, string name)
    {
        using RegionDeletion? lane = RegionDeletion.TryBegin(directory, name);
        if (lane?.Header is not { HubKey: not 0 } header || MayBelongTo(directory, LaneFiles.HubOf(name), header.HubKey))
        {
            return false;
        }
        lane.Delete();
        return true;
    }

    /// <summary>Keeps everybody away from the lanes of a hub. False while somebody uses one.</summary>
    private static bool TryBeginLanes(RegionDirectory directory, string name, in RegionHeader hub, List<RegionDeletion> files)
    {
        for (int i = 0; hub.Producers == RegionHeader.Lanes && i < hub.Geometry.PublisherSlots; i++)
        {
            string lane = LaneFiles.NameOf(name, i);
            // Nobody makes or replaces one now: for that, the hub must be open.
            if (IsLaneOf(directory, lane, hub.Key))
            {
                if (RegionDeletion.TryBegin(directory, lane) is not RegionDeletion deletion)
                {
                    return false;
                }
                files.Add(deletion);
            }
        }
        return true;
    }

    private static bool IsLaneOf(RegionDirectory directory, string name, ulong hubKey)
    {
        try
        {
            return ReadHeader(directory, name).HubKey == hubKey;
        }
        catch (Exception exception) when (exception is NotFoundErrnoException or RegionException)
        {
            return false;
        }
    }

    /// <summary>Whether there is a hub with that key, or something of which that cannot be known.</summary>
    private static bool MayBelongTo(RegionDirectory directory, string name, ulong hubKey)
    {
        try
        {
            return ReadHeader(directory, name).Key == hubKey;
        }
        catch (NotFoundErrnoException)
        {
            return false;
        }
        catch (RegionException)
        {
            return true;
        }
    }

    private static RegionHeader ReadHeader(RegionDirectory directory, string name)
    {
        string path = directory.PathOf(name);
        using SafeFileHandle found = directory.Find(name);
        using SafeFileHandle file = RegionFile.OpenDescription(found, path, readOnly: true);
        return RegionHeader.Read(file, Libc.Fstat(file, path).Size, path);
    }
}
