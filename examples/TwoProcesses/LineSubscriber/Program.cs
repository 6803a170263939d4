// Writes what it gets to standard output until the publisher says that it was the last, and the figures to standard error.
//
//     LineSubscriber TOPIC-FILE

using System.Diagnostics;
using ShmBus;

const uint end = 2;

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: LineSubscriber TOPIC-FILE");
    return 2;
}

using Topic topic = Topic.OpenOrCreate(args[0]);
using Subscriber subscriber = topic.CreateSubscriber();
using BufferedStream output = new(Console.OpenStandardOutput(), 1 << 16);

long messages = 0;
long bytes = 0;
subscriber.WaitToRead(Timeout.InfiniteTimeSpan);
long start = Stopwatch.GetTimestamp();
while (true)
{
    Message message = subscriber.Read();
    if (message.Type == end)
    {
        break;
    }
    output.Write(message.Payload);
    messages++;
    bytes += message.Payload.Length;
}
subscriber.Complete();
output.Flush();

double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
Console.Error.WriteLine(FormattableString.Invariant(
    $"{messages:n0} messages, {bytes:n0} bytes, {seconds:f3} seconds, {messages / seconds:n0} messages a second"));
return 0;
