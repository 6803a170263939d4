using System.Globalization;
using ShmBus.Serialization;

namespace ShmBus.TestPeer;

/// <summary>Topics as channels of numbers, for the tests to stand at the other end.</summary>
internal static class ChannelCommands
{
    internal static Task<int> Run(string[] arguments) => arguments[0] switch
    {
        "channel-write" => Write(arguments[1..]),
        _ => Read(arguments[1..]),
    };

    /// <summary>PATH LOCAL FIRST COUNT [ERROR]: writes numbers; then, on a line, completes the channel, with an error if there is one.</summary>
    private static async Task<int> Write(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        await using TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Local(arguments[1]));
        long first = long.Parse(arguments[2], CultureInfo.InvariantCulture);
        long end = first + long.Parse(arguments[3], CultureInfo.InvariantCulture);
        for (long number = first; number < end; number++)
        {
            await writer.WriteAsync(number);
        }
        Console.WriteLine("written");
        if (Console.ReadLine() is not null)
        {
            writer.Complete(arguments.Length > 4 ? new TimeoutException(arguments[4]) : null);
            await writer.Completion;
            Console.WriteLine("completed");
        }
        return 0;
    }

    /// <summary>PATH LOCAL: says each number that it reads, and how the channel ended.</summary>
    private static async Task<int> Read(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        await using TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Local(arguments[1]));
        Console.WriteLine("ready");
        try
        {
            await foreach (long number in reader.ReadAllAsync())
            {
                Console.WriteLine(number);
            }
            Console.WriteLine("end");
        }
        catch (RemoteWriterException exception)
        {
            Console.WriteLine($"{exception.ErrorType}: {exception.Message}");
        }
        return 0;
    }

    private static TopicChannelOptions Local(string capacity) => new() { LocalCapacity = int.Parse(capacity, CultureInfo.InvariantCulture) };
}
