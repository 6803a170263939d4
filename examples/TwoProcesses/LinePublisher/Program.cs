// Sends each line of the files named, or of standard input, as one message.
//
//     LinePublisher TOPIC-FILE [FILE...]

using ShmBus;

const uint line = 1;
const uint end = 2;

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: LinePublisher TOPIC-FILE [FILE...]");
    return 2;
}

using Topic topic = Topic.OpenOrCreate(args[0]);
using Publisher publisher = topic.CreatePublisher();

if (args.Length == 1)
{
    using Stream input = Console.OpenStandardInput();
    Send(input);
}
foreach (string file in args[1..])
{
    using FileStream input = File.OpenRead(file);
    Send(input);
}
publisher.Publish([], end);
return 0;

// A line goes with its line end, so that the other side gets exactly these bytes. One that is longer than the topic takes
// goes in several messages.
void Send(Stream input)
{
    byte[] buffer = new byte[topic.MaxMessageLength];
    int filled = 0;
    int read;
    while ((read = input.Read(buffer, filled, buffer.Length - filled)) > 0)
    {
        filled += read;
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, filled);
        for (int length; (length = rest.IndexOf((byte)'\n') + 1) > 0; rest = rest[length..])
        {
            publisher.Publish(rest[..length], line);
        }
        if (rest.Length == buffer.Length)
        {
            publisher.Publish(rest, line);
            rest = [];
        }
        rest.CopyTo(buffer);
        filled = rest.Length;
    }
    if (filled > 0)
    {
        publisher.Publish(buffer.AsSpan(0, filled), line);
    }
}
