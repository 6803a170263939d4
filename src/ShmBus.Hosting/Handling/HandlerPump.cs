using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
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

    /// <summary>So many messages per handler may be begun behind one that takes long.</summary>
    private const int BegunPerHandler = 16;

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
    private readonly Lock _beginning = new();
    private readonly bool _acknowledgesExplicitly;
    private readonly bool _comeAgain;
    private Task _run = Task.CompletedTask;
    private long _handled;
    // Begun, and not acknowledged.
    private int _unfinished;
    private bool _isStopped;

    internal HandlerPump(string topic, IMessageSerializer<T> serializer, HandlerSettings settings, TopicSettings topicSettings, MessageProcessor<T> processor, BusServices services)
    {
        _topic = topic;
        _serializer = serializer;
        _settings = settings;
        _processor = processor;
        _services = services;
        _losses = new LossLog(processor.Name, topic, services);
        // What was overwritten comes again in no case.
        _acknowledgesExplicitly = settings is { Concurrency: > 1, Acknowledge: Acknowledge.AfterHandling } && topicSettings.Overflow != Overflow.Overwrite;
        _comeAgain = (_acknowledgesExplicitly || settings is { Concurrency: 1, Acknowledge: Acknowledge.AfterHandling })
            && (topicSettings.Delivery == Delivery.Queue || settings.Place is not null);
        _connection = services.Connect(processor.Name, topic, EndpointRole.Subscriber, Create, static subscriber => subscriber.Raw);
    }

    public void Start()
    {
        _connection.Start();
        _processor.Start();
    }

    public void Run() => _run = Task.Run(RunAsync);

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
        _connection.Dispose();
        if (Volatile.Read(ref _unfinished) is int unfinished and > 0)
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
        _connection.Dispose();
    }

    private Subscriber<T> Create(Topic topic)
    {
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
                continue;
            }
            if (delivery.IsDone)
            {
                continue;
            }
            _unfinished = 1;
            if (!await _processor.ProcessAsync(delivery, _stopping.Token, _abort.Token).ConfigureAwait(false))
            {
                // Not acknowledged: the next start begins with it.
                return;
            }
            _unfinished = 0;
            Interlocked.Increment(ref _handled);
        }
        subscriber.Complete();
    }

    /// <summary>
    /// This task alone reads and acknowledges. Workers take what it read from a channel, and tell it when they have done one: what all before it are done, too,
    /// is acknowledged.
    /// </summary>
    private async Task HandleAtOnceAsync(Subscriber subscriber)
    {
        int window = _settings.Concurrency * BegunPerHandler;
        Channel<Delivery<T>> work = Channel.CreateUnbounded<Delivery<T>>(new UnboundedChannelOptions { SingleWriter = true });
        WorkSignal<T> signal = new(subscriber);
        Task[] workers = new Task[_settings.Concurrency];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = Task.Run(() => WorkAsync(work.Reader, signal));
        }
        Task allWorkers = Task.WhenAll(workers);
        Queue<Delivery<T>> begun = new(window);
        Stack<Delivery<T>> free = new(window);
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                AcknowledgeDone(subscriber, begun, free);
                if (begun.Count == window)
                {
                    await signal.WaitForWorkAsync(begun.Peek(), _stopping.Token).ConfigureAwait(false);
                    continue;
                }
                Delivery<T> delivery = free.Count > 0 ? free.Pop() : new Delivery<T>();
                if (TryTake(subscriber, delivery))
                {
                    delivery.Receipt = _acknowledgesExplicitly ? subscriber.GetReceipt() : default;
                    begun.Enqueue(delivery);
                    _unfinished = begun.Count;
                    if (!delivery.IsDone)
                    {
                        work.Writer.TryWrite(delivery);
                    }
                    continue;
                }
                free.Push(delivery);
                await signal.WaitForMessageAsync(begun.Count > 0 ? begun.Peek() : null, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // What was begun is finished.
        }
        catch
        {
            // The endpoint was lost. What was read of it may not come again, so it is handled.
            work.Writer.Complete();
            await allWorkers.ConfigureAwait(false);
            throw;
        }
        work.Writer.Complete();
        // Each as soon as it can be: one that does not end must not have those before it delivered again.
        while (!allWorkers.IsCompleted && begun.Count > 0)
        {
            await Task.WhenAny(allWorkers, signal.WaitForWorkAsync(begun.Peek(), CancellationToken.None).AsTask()).ConfigureAwait(false);
            AcknowledgeDone(subscriber, begun, free);
        }
        await allWorkers.ConfigureAwait(false);
        AcknowledgeDone(subscriber, begun, free);
    }

    private async Task WorkAsync(ChannelReader<Delivery<T>> work, WorkSignal<T> signal)
    {
        while (await work.WaitToReadAsync().ConfigureAwait(false))
        {
            while (TryBegin(work, out Delivery<T>? delivery))
            {
                if (await TryProcessAsync(delivery).ConfigureAwait(false))
                {
                    Interlocked.Increment(ref _handled);
                    delivery.IsDone = true;
                    signal.Done();
                }
                else
                {
                    // Nothing behind it is begun any more.
                    await _stopping.CancelAsync().ConfigureAwait(false);
                }
            }
            if (_stopping.IsCancellationRequested && _acknowledgesExplicitly)
            {
                return;
            }
        }
    }

    /// <summary>
    /// In order, so that at a stop nothing has been begun behind a message that was not: it would be delivered again. What does not come again is handled in any case.
    /// </summary>
    private bool TryBegin(ChannelReader<Delivery<T>> work, [MaybeNullWhen(false)] out Delivery<T> delivery)
    {
        lock (_beginning)
        {
            delivery = null;
            return !(_acknowledgesExplicitly && _stopping.IsCancellationRequested) && work.TryRead(out delivery);
        }
    }

    private async ValueTask<bool> TryProcessAsync(Delivery<T> delivery)
    {
        try
        {
            return await _processor.ProcessAsync(delivery, _stopping.Token, _abort.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Not the handler: what logs or counts. A worker that ended by it would be missed by nobody.
            _processor.StopHost(delivery, exception, 0);
            return false;
        }
    }

    private void AcknowledgeDone(Subscriber subscriber, Queue<Delivery<T>> begun, Stack<Delivery<T>> free)
    {
        while (begun.TryPeek(out Delivery<T>? delivery) && delivery.IsDone)
        {
            if (_acknowledgesExplicitly)
            {
                subscriber.Acknowledge(delivery.Receipt);
            }
            delivery.Clear();
            free.Push(begun.Dequeue());
            _unfinished = begun.Count;
        }
    }

    private bool TryTake(Subscriber subscriber, Delivery<T> delivery)
    {
        if (!subscriber.TryRead(out Message message))
        {
            return false;
        }
        if (message.Type < FirstReservedType)
        {
            delivery.Set(message, _topic, _serializer, _services.Tracing.IsOn, _processor.KeepsExtras);
        }
        else
        {
            // Nothing to handle, but it is acknowledged in its turn.
            delivery.IsDone = true;
        }
        return true;
    }
}
