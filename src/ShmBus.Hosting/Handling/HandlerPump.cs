using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using ShmBus.Hosting.Connections;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Rings;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Handling;

/// <summary>
/// Reads a topic from the start of the host to its end, and has its messages handled: one after the other, or several at once.
/// </summary>
internal sealed class HandlerPump<T> : IPump, IDisposable
{
    /// <summary>From this type on, messages are the library's own: the end marks of channels.</summary>
    private const uint FirstReservedType = 0xFFFF_FF00;

    private readonly string _topic;
    private readonly IMessageSerializer<T> _serializer;
    private readonly HandlerSettings _settings;
    private readonly MessageProcessor<T> _processor;
    private readonly BusServices _services;
    private readonly Connection<Subscriber<T>> _connection;
    // Never disposed: they hold nothing, and are asked to the end.
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly LossLog _losses;
    // As the topic that it is connected to has it.
    private volatile bool _acknowledgesExplicitly;
    private volatile bool _comeAgain;
    private Task _run = Task.CompletedTask;
    private long _handled;
    private volatile WorkerGroup<T>? _workers;
    private volatile int _inHand;
    // What was read last.
    private volatile Subscriber? _subscriber;
    private bool _isStopped;

    internal HandlerPump(string topic, IMessageSerializer<T> serializer, HandlerSettings settings, MessageProcessor<T> processor, BusServices services)
    {
        _topic = topic;
        _serializer = serializer;
        _settings = settings;
        _processor = processor;
        _services = services;
        _losses = new LossLog(processor.Name, topic, services);
        _connection = services.Connect(processor.Name, topic, EndpointRole.Subscriber, Create, static subscriber => subscriber.Raw);
    }

    public void Start()
    {
        _connection.Start();
        _processor.Start();
    }

    public void Run()
    {
        // The activity in which the host was started, and whatever else flows with it, has nothing to do with the messages.
        using (ExecutionContext.SuppressFlow())
        {
            _run = Task.Run(RunAsync);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isStopped)
        {
            return;
        }
        _isStopped = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        // What handlers do when they are told may throw, or take its time.
        using (cancellationToken.UnsafeRegister(static abort => _ = ((CancellationTokenSource)abort!).CancelAsync(), _abort))
        {
            await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Leave();
        int unfinished = _workers?.Unfinished ?? _inHand;
        if (unfinished > 0)
        {
            (_comeAgain ? Log.StoppedUnfinished : (Action<ILogger, string, string, int>)Log.StoppedLosing)(_services.Logger, _processor.Name, _topic, unfinished);
        }
        Log.Stopped(_services.Logger, _processor.Name, _topic, Interlocked.Read(ref _handled));
    }

    /// <summary>Leaves the topic at once. What is being handled is told, and not waited for.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _ = _abort.CancelAsync();
        Leave();
    }

    private void Leave()
    {
        _connection.Dispose();
        _ = GiveUpMessageAsync();
    }

    /// <summary>An endpoint that another thread disposes keeps its memory for the message that was read last, until the next call.</summary>
    private async Task GiveUpMessageAsync()
    {
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            _subscriber?.Complete();
        }
        catch (ObjectDisposedException)
        {
            // That was the next call.
        }
    }

    private Subscriber<T> Create(Topic topic)
    {
        // What was overwritten comes again in no case.
        _acknowledgesExplicitly = _settings is { Concurrency: > 1, Acknowledge: Acknowledge.AfterHandling } && topic.Overflow != Overflow.Overwrite;
        _comeAgain = (_acknowledgesExplicitly || _settings is { Concurrency: 1, Acknowledge: Acknowledge.AfterHandling })
            && (topic.Delivery == Delivery.Queue || _settings.Place is not null);
        Subscriber<T> subscriber = topic.CreateSubscriber(
            _serializer,
            acknowledge: _acknowledgesExplicitly ? Acknowledge.Explicitly : _settings.Acknowledge,
            joinAt: _settings.JoinAt,
            place: _settings.Place);
        subscriber.Raw.Lost += (_, loss) => _losses.Add(loss);
        _losses.AddMissed(subscriber.Raw.MissedBytes);
        return subscriber;
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Subscriber<T>? subscriber = null;
            try
            {
                subscriber = await _connection.GetAsync(_stopping.Token).ConfigureAwait(false);
                _subscriber = subscriber.Raw;
                await (_settings.Concurrency == 1 ? HandleInTurnAsync(subscriber.Raw) : HandleAtOnceAsync(subscriber.Raw)).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (subscriber is not null)
            {
                // Evicted, poisoned, disposed since the topic moved, or written by a newer version: the connection tells, and goes on trying.
                _connection.Renew(subscriber, exception);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task HandleInTurnAsync(Subscriber subscriber)
    {
        Delivery<T> delivery = new();
        while (!_stopping.IsCancellationRequested)
        {
            // Whatever is asked next, it also says that the message before is done with.
            if (!TryTake(subscriber, delivery))
            {
                await subscriber.WaitToReadAsync(_stopping.Token).ConfigureAwait(false);
            }
            else if (!delivery.IsMark)
            {
                _inHand = 1;
                if (!await HandleAsync(delivery).ConfigureAwait(false))
                {
                    // Not acknowledged: the next start begins with it.
                    return;
                }
                _inHand = 0;
            }
        }
        subscriber.Complete();
    }

    private Task HandleAtOnceAsync(Subscriber subscriber)
    {
        _workers = new WorkerGroup<T>(subscriber, _settings.Concurrency, _acknowledgesExplicitly, TryTake, HandleAsync);
        return _workers.RunAsync(_stopping.Token);
    }

    /// <summary>False when it is to be delivered again at the next start. Then nothing behind it is begun any more.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> HandleAsync(Delivery<T> delivery)
    {
        delivery.Deserialize(_serializer);
        try
        {
            if (await _processor.ProcessAsync(delivery, _stopping.Token, _abort.Token).ConfigureAwait(false))
            {
                Interlocked.Increment(ref _handled);
                return true;
            }
        }
        catch (Exception exception)
        {
            // Not the handler: what logs or counts. A worker that ended by it would be missed by nobody.
            _processor.StopHost(delivery, exception, 0);
        }
        await _stopping.CancelAsync().ConfigureAwait(false);
        return false;
    }

    private bool TryTake(Subscriber subscriber, Delivery<T> delivery)
    {
        if (!subscriber.TryRead(out Message message))
        {
            return false;
        }
        if (message.Type < FirstReservedType)
        {
            delivery.Set(message, _topic, _services.Tracing.IsOn, _processor.KeepsExtras);
        }
        else
        {
            // Nothing to handle, but it is acknowledged in its turn.
            delivery.SetMark();
        }
        return true;
    }
}
