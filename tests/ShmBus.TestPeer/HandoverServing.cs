using System.Globalization;
using ShmBus.Regions;

namespace ShmBus.TestPeer;

/// <summary>A server as a process of its own, whose descriptors and memory a test can count. Says whatever happens.</summary>
internal static class HandoverServing
{
    internal static int Run(string address, string mostPerUser, string[] users)
    {
        RegionServerOptions options = new()
        {
            AllowedUsers = [.. users.Select(static user => uint.Parse(user, CultureInfo.InvariantCulture))],
            MaxConnectionsPerUser = int.Parse(mostPerUser, CultureInfo.InvariantCulture),
            MaxConnections = 10_000,
            MaxGrants = 1_000,
            // No peer is too slow where nothing is about time.
            RequestTimeout = TimeSpan.FromHours(1),
        };
        using RegionServer server = new(address, options);
        server.Occurred += static (_, happened) => Console.WriteLine($"{happened.Kind}: {happened.Reason}");
        using Topic shared = Topic.CreateAnonymous(new TopicOptions { Publishers = 8, Delivery = Delivery.Broadcast, Subscribers = 16 });
        server.Offer(shared, "numbers", RegionGrants.Publish | RegionGrants.Subscribe | RegionGrants.Observe);
        server.OfferToEach(new TopicOptions { Capacity = Environment.SystemPageSize }, static (_, _) => { }, "own");
        server.Start();
        Console.WriteLine($"serving {((RegionFile)shared.Source).Id.Inode}");
        // Until it is told to end, and then alive still, without a connection.
        Console.In.ReadLine();
        server.Dispose();
        Console.In.ReadToEnd();
        return 0;
    }
}
