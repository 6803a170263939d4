using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Serialization;

namespace ShmBus.Hosting.TestPeer;

/// <summary>
/// <c>allocations DIRECTORY CONCURRENCY</c>: in a process where nothing else runs, prints the bytes that are allocated per message, one number a line: for a
/// scope with its handler and a message by themselves; by publishing; by publishing many and handling them; by publishing and handling one after the other, so
/// that each wakes a handler.
/// </summary>
internal static class AllocationsCommand
{
    private const int Many = 50_000;
    private const int Few = 10_000;
    private const int WarmUps = 3;

    private static int s_handled;

    internal static async Task<int> RunAsync(string[] arguments)
    {
        int concurrency = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        using IHost publishing = await StartAsync(arguments[0], bus => bus.AddPublisher("notes", new NoteSerializer()));
        IMessagePublisher<Note> notes = publishing.Services.GetRequiredService<IMessagePublisher<Note>>();
        Note note = new(42);

        double published = Measure(Many, count => Publish(notes, note, count));
        using IHost handling = await StartAsync(
            arguments[0], bus => bus.AddHandler<Note, NoteHandler>("notes", new NoteSerializer(), settings => settings.Concurrency = concurrency));
        AwaitHandled((WarmUps + 1) * Many);
        IServiceScopeFactory scopes = handling.Services.GetRequiredService<IServiceScopeFactory>();
        double scope = Measure(Many, count => MakeScopes(scopes, count));
        double burst = Measure(Many, count =>
        {
            int before = s_handled;
            Publish(notes, note, count);
            AwaitHandled(before + count);
        });
        double paced = Measure(Few, count =>
        {
            for (int i = 0; i < count; i++)
            {
                int before = s_handled;
                Publish(notes, note, 1);
                AwaitHandled(before + 1);
            }
        });
        foreach (double bytes in (double[])[scope, published, burst, paced])
        {
            Console.WriteLine(bytes.ToString(CultureInfo.InvariantCulture));
        }
        await handling.StopAsync();
        await publishing.StopAsync();
        return 0;
    }

    private static async Task<IHost> StartAsync(string directory, Action<ShmBusBuilder> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddShmBus(bus =>
        {
            bus.Configure(options => options.Directory = directory).ConfigureTopic("notes", topic => topic.Capacity = 1 << 24);
            configure(bus);
        });
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    /// <summary>The bytes per message, of all threads, once everything is as it stays.</summary>
    private static double Measure(int count, Action<int> action)
    {
        for (int i = 0; i < WarmUps; i++)
        {
            action(count);
        }
        long before = GC.GetTotalAllocatedBytes(precise: true);
        action(count);
        return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / count;
    }

    private static void Publish(IMessagePublisher<Note> notes, Note note, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ValueTask publishing = notes.PublishAsync(note);
            if (!publishing.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("There is no room.");
            }
        }
    }

    private static void AwaitHandled(int count)
    {
        while (Volatile.Read(ref s_handled) < count)
        {
            Thread.Yield();
        }
    }

    /// <summary>What the user asked for: a scope with a handler, and a message.</summary>
    private static void MakeScopes(IServiceScopeFactory scopes, int count)
    {
        NoteSerializer serializer = new();
        byte[] bytes = new byte[sizeof(long)];
        for (int i = 0; i < count; i++)
        {
            AsyncServiceScope scope = scopes.CreateAsyncScope();
            serializer.Deserialize(new MessagePayload(bytes), out Note note);
            scope.ServiceProvider.GetRequiredService<NoteHandler>().Keep(note);
            scope.Dispose();
        }
    }

    private sealed record Note(long Number);

    private sealed class NoteHandler : ShmBus.Hosting.IMessageHandler<Note>
    {
        private static volatile Note? s_last;

        public ValueTask HandleAsync(Note message, MessageContext context, CancellationToken cancellationToken)
        {
            Keep(message);
            Interlocked.Increment(ref s_handled);
            return default;
        }

        // Seen from elsewhere, so that it is made on the heap.
        internal void Keep(Note message) => s_last = message;
    }

    private sealed class NoteSerializer : IMessageSerializer<Note>
    {
        public MessageContract Contract { get; } = new("note", "note", "1");

        public int GetLength(in Note message) => sizeof(long);

        public void Serialize(IBufferWriter<byte> output, in Note message)
        {
            BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), message.Number);
            output.Advance(sizeof(long));
        }

        public void Deserialize(in MessagePayload payload, out Note message) => message = new Note(BinaryPrimitives.ReadInt64LittleEndian(payload.Span));
    }
}
