using System.Globalization;

namespace ShmBus.TestPeer;

/// <summary>The commands by name.</summary>
internal static class Commands
{
    internal static int Run(string[] arguments)
    {
        switch (arguments[0])
        {
            case "publish": // PATH COUNT: numbers 0.. as messages of four bytes
                return Publish(arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture));
            default:
                Console.Error.WriteLine($"There is no command '{arguments[0]}'.");
                return 2;
        }
    }

    private static int Publish(string path, int count)
    {
        using Topic topic = Topic.OpenOrCreate(path);
        using Publisher publisher = topic.CreatePublisher();
        for (int i = 0; i < count; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        Console.WriteLine("done");
        return 0;
    }
}
