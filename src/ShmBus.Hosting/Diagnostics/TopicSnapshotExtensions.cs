using ShmBus.Rings;

namespace ShmBus.Hosting.Diagnostics;

/// <summary>What is asked of a snapshot more than once.</summary>
internal static class TopicSnapshotExtensions
{
    /// <summary>How many endpoints of a kind live.</summary>
    internal static int Alive(this TopicSnapshot snapshot, EndpointRole role) => snapshot.Endpoints.Count(other => other.IsAlive && other.Role == role);
}
