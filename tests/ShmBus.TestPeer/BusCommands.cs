using System.Globalization;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.TestPeer;

/// <summary>A bus as several processes share it.</summary>
internal static class BusCommands
{
    internal static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["bus-open", string name, string mode, string group]:
                return Open(name, mode, group);
            case ["bus-die-at", string call, string directory, string group]:
                SystemCallFilter.DieAt(call);
                OpenForGroup(directory, group).Dispose();
                return 0;
            case ["bus-open-each", string group]:
                return OpenEach(group);
            case ["bus-hold", string what, string directory, string name]:
                return Hold(what, directory, name);
            case ["bus-meet", string directory]:
                return Meet(directory);
            case ["bus-come-and-go", string directory, string name, string lanes, string times]:
                return ComeAndGo(directory, name, bool.Parse(lanes), int.Parse(times, CultureInfo.InvariantCulture));
            case ["bus-delete", string directory, string name]:
                return Delete(directory, name);
            default:
                Console.Error.WriteLine($"There is no command '{string.Join(' ', arguments)}'.");
                return 2;
        }
    }

    /// <summary>NAME MODE GROUP, each '-' for none: opens the bus and tells where it is.</summary>
    private static int Open(string name, string mode, string group)
    {
        using Bus bus = Bus.Open(new BusOptions
        {
            Name = name == "-" ? null : name,
            Mode = (UnixFileMode)Convert.ToInt32(mode, 8),
            Group = group == "-" ? null : int.Parse(group, CultureInfo.InvariantCulture),
        });
        using Topic topic = bus.OpenOrCreateTopic("t");
        string directory = bus.Directory!;
        Console.WriteLine(string.Join(' ', directory, Describe(directory), Describe(topic.Path!)));
        return 0;

        static string Describe(string path) => Libc.Lstat(path) is FileStatus status ? $"{Convert.ToString((int)status.Mode, 8)} {status.Group}" : "none";
    }

    private static Bus OpenForGroup(string directory, string group) => Bus.Open(new BusOptions
    {
        Directory = directory,
        Mode = RegionOptions.OwnerOnly | RegionOptions.GroupAccess,
        Group = int.Parse(group, CultureInfo.InvariantCulture),
    });

    /// <summary>GROUP: visits the bus of the group in each directory that it is told; with '-' behind it, deletes the topic there.</summary>
    private static int OpenEach(string group)
    {
        Console.WriteLine("ready");
        while (Console.ReadLine() is string line)
        {
            try
            {
                using Bus bus = OpenForGroup(line.TrimEnd('-'), group);
                Console.WriteLine(!line.EndsWith('-') ? Visit(bus) : bus.DeleteTopic("t") ? "deleted" : "none");
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                Console.WriteLine(exception.Message);
            }
        }
        return 0;
    }

    /// <summary>Leaves a message, and tells how many there were.</summary>
    private static string Visit(Bus bus)
    {
        using Topic topic = bus.OpenOrCreateTopic("t");
        using Subscriber subscriber = topic.CreateSubscriber();
        int read = subscriber.Poll(static _ => { }, int.MaxValue);
        using Publisher publisher = topic.CreatePublisher();
        publisher.Publish([1]);
        return $"{(topic.IsNew ? "made" : "opened")}, read {read}";
    }

    /// <summary>WHAT DIRECTORY NAME: holds nothing but a topic, a publisher or a subscriber until told to let go.</summary>
    private static int Hold(string what, string directory, string name)
    {
        using Bus bus = Bus.Open(directory);
        Topic topic = bus.OpenTopic(name);
        using IDisposable held = what switch
        {
            "publisher" => topic.CreatePublisher(),
            "subscriber" => topic.CreateSubscriber(),
            _ => topic,
        };
        if (held != topic)
        {
            topic.Dispose();
        }
        Console.WriteLine("holding");
        Console.ReadLine();
        held.Dispose();
        Console.WriteLine("let go");
        Console.ReadLine();
        return 0;
    }

    /// <summary>DIRECTORY: for each name that it is told, opens or makes that topic and tells its key; lets go when told an empty line.</summary>
    private static int Meet(string directory)
    {
        using Bus bus = Bus.Open(directory);
        Console.WriteLine("ready");
        while (Console.ReadLine() is string name)
        {
            using Topic topic = bus.OpenOrCreateTopic(name);
            Console.WriteLine($"{(topic.IsNew ? 1 : 0)} {topic.Source.Header.Key}");
            Console.ReadLine();
            topic.Dispose();
            Console.WriteLine("gone");
        }
        return 0;
    }

    /// <summary>
    /// DIRECTORY NAME LANES TIMES: opens the topic, then an endpoint, then lets go of the topic and then of that. As long as it has
    /// one of them, the name must lead to it. Each second time it begins when the topic was deleted. Tells how often it made it.
    /// </summary>
    private static int ComeAndGo(string directory, string name, bool lanes, int times)
    {
        using Bus bus = Bus.Open(directory);
        TopicOptions options = new() { Capacity = Environment.SystemPageSize, Publishers = 8, Lanes = lanes };
        int made = 0;
        for (int i = 0; i < times; i++)
        {
            while (i % 2 == 1 && File.Exists(Path.Combine(directory, name)))
            {
                Thread.Yield();
            }
            using Topic topic = bus.OpenOrCreateTopic(name, options);
            made += topic.IsNew ? 1 : 0;
            Require(topic.CheckName(), "topic");
            using Publisher publisher = topic.CreatePublisher();
            topic.Dispose();
            publisher.TryPublish("hello"u8);
            Require(publisher.CheckName(), "endpoint");
        }
        Console.WriteLine(made);
        return 0;

        static void Require(RegionName found, string what)
        {
            if (found != RegionName.Intact)
            {
                throw new InvalidDataException($"The name is {found} while this process has the {what}.");
            }
        }
    }

    /// <summary>DIRECTORY NAME: deletes the topic again and again until told to stop; tells how often it did, and was refused.</summary>
    private static int Delete(string directory, string name)
    {
        using Bus bus = Bus.Open(directory);
        using CancellationTokenSource told = new();
        new Thread(() =>
        {
            Console.ReadLine();
            told.Cancel();
        })
        { IsBackground = true }.Start();
        Console.WriteLine("ready");
        int deleted = 0, refused = 0;
        while (!told.IsCancellationRequested)
        {
            try
            {
                deleted += bus.DeleteTopic(name) ? 1 : 0;
            }
            catch (TopicInUseException)
            {
                refused++;
            }
        }
        Console.WriteLine($"{deleted} {refused}");
        return 0;
    }
}
