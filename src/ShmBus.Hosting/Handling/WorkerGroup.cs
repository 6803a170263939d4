namespace ShmBus.Hosting.Handling;

/// <summary>
/// Handles several messages at once. Each worker takes its messages from the subscriber itself, under the lock, and says there, too, that one is done: what all
/// before it are done is acknowledged. So nothing is handed from one thread to another, and while there are messages nobody sleeps.
/// Of the workers that find none, one waits for it; as long as it does, the subscriber is its alone (<c>_isAwaited</c>), and the others are idle. Who takes a
/// message wakes an idle one, which looks for the next, or waits for it. Who finishes the oldest message ends the wait, so that it can be acknowledged.
/// </summary>
/// <param name="subscriber">Where messages come from.</param>
/// <param name="concurrency">How many are handled at once.</param>
/// <param name="acknowledges">Whether messages are acknowledged, and not delivered by being read.</param>
/// <param name="tryTake">Takes the next message from the subscriber.</param>
/// <param name="handleAsync">Handles it; false when no more are to be begun.</param>
internal sealed class WorkerGroup<T>(
    Subscriber subscriber, int concurrency, bool acknowledges, Func<Subscriber, Delivery<T>, bool> tryTake, Func<Delivery<T>, ValueTask<bool>> handleAsync)
{
    /// <summary>So many messages per worker may be begun behind one that takes long.</summary>
    private const int BegunPerWorker = 16;

    private readonly Lock _lock = new();
    private readonly int _window = concurrency * BegunPerWorker;
    private readonly Queue<Delivery<T>> _begun = new(concurrency * BegunPerWorker);
    private readonly Stack<Delivery<T>> _free = new(concurrency * BegunPerWorker);
    private readonly Stack<Worker> _idle = new(concurrency);
    private bool _isAwaited;
    private bool _isOver;
    private volatile int _unfinished;

    private enum Turn
    {
        Handle,
        Wait,
        Idle,
        End,
    }

    /// <summary>How many messages were begun and not acknowledged.</summary>
    internal int Unfinished => _unfinished;

    /// <summary>Handles messages until it is to stop, and finishes those that were begun.</summary>
    /// <remarks>What the subscriber throws comes through, when those that were begun are finished: they may not come again.</remarks>
    internal async Task RunAsync(CancellationToken stopping)
    {
        using (stopping.UnsafeRegister(static group => ((WorkerGroup<T>)group!).End(), this))
        {
            Task[] workers = new Task[concurrency];
            for (int i = 0; i < workers.Length; i++)
            {
                workers[i] = Task.Run(() => WorkAsync(stopping), CancellationToken.None);
            }
            await Task.WhenAll(workers).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        Worker self = new();
        Delivery<T>? done = null;
        try
        {
            while (true)
            {
                switch (NextTurn(self, done, stopping, out Delivery<T>? delivery))
                {
                    case Turn.Handle:
                        done = delivery!;
                        if (!await handleAsync(delivery!).ConfigureAwait(false))
                        {
                            End();
                            return;
                        }
                        break;
                    case Turn.Wait:
                        done = null;
                        try
                        {
                            await subscriber.WaitToReadAsync(stopping).ConfigureAwait(false);
                        }
                        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                        {
                            // What was done meanwhile is acknowledged in this one's last turn.
                        }
                        finally
                        {
                            lock (_lock)
                            {
                                _isAwaited = false;
                            }
                        }
                        break;
                    case Turn.Idle:
                        done = null;
                        await self.SleepAsync().ConfigureAwait(false);
                        break;
                    default:
                        return;
                }
            }
        }
        catch
        {
            End();
            throw;
        }
    }

    private Turn NextTurn(Worker self, Delivery<T>? done, CancellationToken stopping, out Delivery<T>? delivery)
    {
        Worker? next;
        lock (_lock)
        {
            delivery = null;
            if (done is not null)
            {
                done.IsDone = true;
            }
            if (_isAwaited)
            {
                if (acknowledges && done is not null && done == _begun.Peek())
                {
                    subscriber.CancelPendingWait();
                }
                return BeIdle(self);
            }
            do
            {
                AcknowledgeDone();
                _isOver |= stopping.IsCancellationRequested;
                if (_isOver || _begun.Count == _window)
                {
                    return BeIdle(self);
                }
                delivery = _free.Count > 0 ? _free.Pop() : new Delivery<T>();
                if (!tryTake(subscriber, delivery))
                {
                    _free.Push(delivery);
                    _isAwaited = true;
                    return Turn.Wait;
                }
                delivery.Receipt = acknowledges ? subscriber.GetReceipt() : default;
                _begun.Enqueue(delivery);
                _unfinished += delivery.IsMark ? 0 : 1;
            }
            while (delivery.IsMark);
            _idle.TryPop(out next);
        }
        next?.Wake();
        return Turn.Handle;
    }

    private Turn BeIdle(Worker self)
    {
        if (_isOver)
        {
            return Turn.End;
        }
        _idle.Push(self);
        return Turn.Idle;
    }

    private void AcknowledgeDone()
    {
        while (_begun.TryPeek(out Delivery<T>? delivery) && delivery.IsDone)
        {
            if (acknowledges)
            {
                subscriber.Acknowledge(delivery.Receipt);
            }
            delivery.Clear();
            _unfinished -= delivery.IsMark ? 0 : 1;
            _free.Push(_begun.Dequeue());
        }
    }

    /// <summary>No more messages are begun.</summary>
    private void End()
    {
        lock (_lock)
        {
            _isOver = true;
            while (_idle.TryPop(out Worker? worker))
            {
                worker.Wake();
            }
        }
    }
}
