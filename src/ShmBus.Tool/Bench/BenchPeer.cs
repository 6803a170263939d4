using System.Collections.Concurrent;
using System.Globalization;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Bench;

/// <summary>
/// The other process. It is told by lines what to do: <c>echo LINE SIZE</c> answers each message, <c>take LINE SIZE</c> counts them, both until the last one. It ends with its input.
/// </summary>
internal sealed class BenchPeer(int processor, int input, int output, int socket)
{
    private readonly BlockingCollection<string> _orders = [];

    /// <summary>Ends when nobody gives orders any more, wherever the work waits then.</summary>
    internal async Task RunAsync(TextReader orders)
    {
        Task<bool> work = BenchThread.Start(Work);
        Task<bool> listening = BenchThread.Start(() =>
        {
            while (orders.ReadLine() is string order)
            {
                _orders.Add(order);
            }
            return true;
        });
        await (await Task.WhenAny(work, listening).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private bool Work()
    {
        if (processor >= 0)
        {
            Processors.Pin(processor);
        }
        using RegionClient region = ChildRegion.Open();
        using Publisher publisher = region.CreatePublisher(ShmBusLine.Back);
        using Subscriber subscriber = region.CreateSubscriber(ShmBusLine.There);
        BenchLine[] lines = [new ShmBusLine(publisher, subscriber), new StreamLine(input, output), new StreamLine(socket, socket)];
        foreach (string[] order in _orders.GetConsumingEnumerable().Select(static line => line.Split(' ')))
        {
            BenchLine line = lines[int.Parse(order[1], CultureInfo.InvariantCulture)];
            byte[] message = new byte[int.Parse(order[2], CultureInfo.InvariantCulture)];
            if (order[0] == "echo")
            {
                Echo(line, message);
            }
            else
            {
                Take(line, message);
            }
        }
        return true;
    }

    private static void Echo(BenchLine line, byte[] message)
    {
        ulong number;
        do
        {
            number = BenchMessage.Read(line.Receive(message.Length));
            BenchMessage.Write(message, number);
            line.Send(message);
        }
        while (number != BenchMessage.End);
    }

    private static void Take(BenchLine line, byte[] message)
    {
        ulong count = 0;
        while (BenchMessage.Read(line.Receive(message.Length)) is ulong number && number != BenchMessage.End)
        {
            if (number != count++)
            {
                throw new ToolException(ExitCode.Corrupt, $"Message {number} arrived in the place of {count - 1}.");
            }
        }
        BenchMessage.Write(message, count);
        line.Send(message);
    }
}
