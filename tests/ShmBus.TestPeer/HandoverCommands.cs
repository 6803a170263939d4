using System.Globalization;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>The other side of a hand-over: a client, or a child that was started with a region.</summary>
internal static class HandoverCommands
{
    internal static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["handover-publish", string address, string topic, string count]:
                return WithClient(address, client => Publish(client, topic, int.Parse(count, CultureInfo.InvariantCulture)));
            case ["handover-read", string address, string topic, string count]:
                return WithClient(address, client => Read(client, topic, int.Parse(count, CultureInfo.InvariantCulture)));
            case ["handover-echo", string address, string wait, string count]:
                return WithClient(address, client => Echo(client, Enum.Parse<WaitStrategy>(wait), int.Parse(count, CultureInfo.InvariantCulture)));
            case ["handover-ask", string address, string topic, string grant]:
                return WithClient(address, client => Ask(client, topic, Enum.Parse<RegionGrants>(grant)));
            case ["handover-hold", string address, string topic]:
                return WithClient(address, client => Hold(client, topic));
            case ["handover-request", string address, string topic]:
                return Request(address, topic);
            case ["handover-flood", string address, string count, string taken]:
                return Flood(address, int.Parse(count, CultureInfo.InvariantCulture), int.Parse(taken, CultureInfo.InvariantCulture));
            case ["handover-serve", string address, string mostPerUser, .. string[] users]:
                return HandoverServing.Run(address, mostPerUser, users);
            case ["handover-try", string address, .. string[] users]:
                return HandoverTries.Run(address, users);
            case ["handover-attempt", string address, string topic, string grant]:
                return HandoverAttempts.Run(address, topic, Enum.Parse<RegionGrants>(grant));
            case ["handover-race", string rounds]:
                return HandoverRace.Run(int.Parse(rounds, CultureInfo.InvariantCulture));
            case ["handover-wait", string address, string topic]:
                return HandoverWaits.Run(address, topic);
            case ["handover-child-echo"]:
                return ChildEcho();
            default:
                Console.Error.WriteLine($"There is no command '{string.Join(' ', arguments)}'.");
                return 2;
        }
    }

    /// <summary>Servers of any user are accepted: which one is, the test decides.</summary>
    private static int WithClient(string address, Func<RegionClient, int> use)
    {
        using RegionClient client = RegionClient.Connect(address, new RegionClientOptions { ServerUsers = [0, 1000, 1001, 65534] });
        return use(client);
    }

    /// <summary>Publishes numbers, then waits for the end of its input with the endpoint open.</summary>
    private static int Publish(RegionClient client, string topic, int count)
    {
        using Publisher publisher = client.CreatePublisher(topic);
        for (int i = 0; i < count; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        Console.WriteLine("published");
        Console.In.ReadToEnd();
        return 0;
    }

    /// <summary>Reads numbers in order, then waits for one more, which may be the end of the peer.</summary>
    private static int Read(RegionClient client, string topic, int count)
    {
        using Subscriber subscriber = client.CreateSubscriber(topic);
        Console.WriteLine("reading");
        try
        {
            for (int i = 0; ; i++)
            {
                if (BitConverter.ToInt32(subscriber.Read().Payload) != i)
                {
                    throw new InvalidOperationException($"Number {i} did not come.");
                }
                if (i == count - 1)
                {
                    Console.WriteLine("read");
                }
            }
        }
        catch (PeerLostException)
        {
            Console.WriteLine("lost");
            return 0;
        }
    }

    /// <summary>Becomes a subscriber that reads nothing.</summary>
    private static int Hold(RegionClient client, string topic)
    {
        using Subscriber subscriber = client.CreateSubscriber(topic);
        Console.WriteLine("holding");
        Console.In.ReadToEnd();
        return 0;
    }

    /// <summary>Asks to be a subscriber, and does not read the answer.</summary>
    private static int Request(string address, string topic)
    {
        using RawPeer peer = RawPeer.Connect(address);
        peer.Send(RawPeer.Request(topic, RegionGrants.Subscribe));
        Console.In.ReadToEnd();
        return 0;
    }

    /// <summary>Connects again and again, keeps all connections and asks for nothing. All but the first ones must be refused.</summary>
    private static int Flood(string address, int count, int taken)
    {
        RawPeer[] peers = [.. Enumerable.Range(0, count).Select(_ => RawPeer.Connect(address))];
        // Who comes first is taken in first.
        int refused = peers.Skip(taken).Count(static peer => peer.Receive() is { Message.Kind: Passing.HandoverKind.Refusal });
        Console.WriteLine($"{refused} refused");
        Console.In.ReadToEnd();
        Array.ForEach(peers, static peer => peer.Dispose());
        return 0;
    }

    /// <summary>Says how many eventfds it has, and sends each message back.</summary>
    private static int Echo(RegionClient client, WaitStrategy wait, int count)
    {
        using Subscriber there = client.CreateSubscriber("there", wait);
        using Publisher back = client.CreatePublisher("back", wait);
        // The runtime's sockets have one set of epoll, and no eventfd.
        Console.WriteLine($"eventfds: {EventfdCommands.Eventfds()}");
        for (int i = 0; i < count; i++)
        {
            back.Publish(there.Read().Payload);
        }
        Console.WriteLine("done");
        return 0;
    }

    /// <summary>Asks for one grant and says what came of it.</summary>
    private static int Ask(RegionClient client, string topic, RegionGrants grant)
    {
        try
        {
            using IDisposable granted = grant switch
            {
                RegionGrants.Publish => client.CreatePublisher(topic),
                RegionGrants.Subscribe => client.CreateSubscriber(topic),
                _ => client.CreateObserver(topic),
            };
            Console.WriteLine("granted");
        }
        catch (RegionRefusedException exception)
        {
            Console.WriteLine(exception.Reason);
        }
        return 0;
    }

    /// <summary>Sends back what it gets, until the parent is gone.</summary>
    private static int ChildEcho()
    {
        using RegionClient parent = ChildRegion.Open();
        using Subscriber there = parent.CreateSubscriber("there");
        using Publisher back = parent.CreatePublisher("back");
        try
        {
            while (true)
            {
                back.Publish(there.Read().Payload);
            }
        }
        catch (PeerLostException)
        {
            return 3;
        }
    }
}
