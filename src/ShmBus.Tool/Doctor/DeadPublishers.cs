using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Tool.Doctor;

/// <summary>
/// Frees slots whose owners died, in the one way that is safe: as the next publisher does, who takes the first slot that nobody alive holds, and
/// leaves it in good order. A message that the dead one had begun is then nobody's, and subscribers that wait behind it are woken.
/// </summary>
internal static class DeadPublishers
{
    /// <summary>Whether there were any.</summary>
    internal static bool Free(Bus bus, string name)
    {
        List<Publisher> taken = [];
        try
        {
            using Topic topic = bus.OpenTopic(name);
            while (IsAny(bus, name))
            {
                taken.Add(topic.CreatePublisher());
            }
            return taken.Count > 0;
        }
        catch (Exception exception) when (exception is EndpointInUseException or RegionException or ErrnoException)
        {
            // Others came first, and cleared it themselves; or it is gone.
            return false;
        }
        finally
        {
            taken.ForEach(static publisher => publisher.Dispose());
        }
    }

    private static bool IsAny(Bus bus, string name) =>
        bus.InspectTopic(name).Endpoints.Any(static endpoint => endpoint is { Role: EndpointRole.Publisher, IsAlive: false });
}
