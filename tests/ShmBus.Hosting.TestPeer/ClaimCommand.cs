namespace ShmBus.Hosting.TestPeer;

/// <summary><c>claim DIRECTORY TOPIC</c>: claims 100 bytes, says "claimed", and never commits.</summary>
internal static class ClaimCommand
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        using Bus bus = Bus.Open(arguments[0]);
        using Topic topic = bus.OpenTopic(arguments[1]);
        using Publisher publisher = topic.CreatePublisher();
        Claim(publisher);
        Console.WriteLine("claimed");
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static void Claim(Publisher publisher) => _ = publisher.TryClaim(100, out _);
}
