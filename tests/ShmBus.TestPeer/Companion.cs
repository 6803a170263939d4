using System.Diagnostics.CodeAnalysis;

namespace ShmBus.TestPeer;

/// <summary>The endpoint on the other side, at work all the time on a thread of its own, where the scenario needs one.</summary>
internal sealed class Companion : IDisposable
{
    private readonly Thread? _thread;
    private volatile bool _stopping;
    private Exception? _failure;

    private Companion(Action? work)
    {
        if (work is not null)
        {
            _thread = new Thread(() => Repeat(work));
            _thread.Start();
        }
    }

    /// <summary>Who is blocked for want of the other side gets none.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The endpoint is the thread's, which disposes it at its end.")]
    internal static Companion For(string scenario, Topic topic)
    {
        if (scenario is "publisher-blocked" or "publisher-waits" or "subscriber-waits")
        {
            return new Companion(null);
        }
        if (DisposeScenarios.IsPublisher(scenario))
        {
            Subscriber subscriber = topic.CreateSubscriber();
            return new Companion(() => subscriber.Poll(DisposeScenarios.Look)) { Endpoint = subscriber };
        }
        Publisher publisher = topic.CreatePublisher();
        byte[] payload = [.. Enumerable.Repeat((byte)3, 500)];
        return new Companion(() => publisher.TryPublish(payload)) { Endpoint = publisher };
    }

    private Endpoint? Endpoint { get; init; }

    public void Dispose()
    {
        _stopping = true;
        _thread?.Join();
        Endpoint?.Dispose();
        if (_failure is not null)
        {
            throw new InvalidOperationException("The other side failed.", _failure);
        }
    }

    private void Repeat(Action work)
    {
        try
        {
            while (!_stopping)
            {
                work();
                // There may be fewer processors than threads: those under test go first.
                Thread.Yield();
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }
}
