using System.Collections.Concurrent;
using System.Globalization;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Bench;

/// <summary>
/// The other process. It is told by lines what to do: <c>echo LINE SIZE</c> answers each message, <c>take LINE SIZE</c> counts them, both until the last one. It ends with its input.
/// </summary>
internal sealed class BenchPeer(string directory, int processor, int[] descriptors)
{
    private readonly BlockingCollection<string> _orders = [];

    internal void Run(TextReader input, TextWriter output)
    {
        // In the background: when the other process is gone, nothing keeps this one.
        new Thread(Work) { IsBackground = true, Name = "bench" }.Start(output);
        while (input.ReadLine() is string order)
        {
            _orders.Add(order);
        }
    }

    private void Work(object? output)
    {
        try
        {
            if (processor >= 0)
            {
                Processors.Pin(processor);
            }
            BenchLine[] lines = [ShmBusLine.Open(directory), new StreamLine(descriptors[0], descriptors[1]), new StreamLine(descriptors[2], descriptors[2])];
            ((TextWriter)output!).WriteLine("ready");
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
        }
#pragma warning disable CA1031 // Whatever it was, the other process is to see this one end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine(exception.Message);
            Environment.Exit((int)(Failure.CodeOf(exception) ?? ExitCode.Finding));
        }
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
