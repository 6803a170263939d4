using System.Threading.Channels;

namespace ShmBus.Hosting.Handling;

/// <summary>
/// How workers tell the one task that reads that a message is done. It says what it waits for, and looks once more before it sleeps; a worker marks its
/// message, and then asks what is waited for. Each of the two is a full fence, so one of them sees the other.
/// </summary>
internal sealed class WorkSignal<T>(Subscriber subscriber)
{
    private const int Nothing = 0;
    private const int Work = 1;
    private const int Message = 2;

    private readonly Channel<bool> _token = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private int _awaited;

    /// <summary>A message was marked as done.</summary>
    internal void Done()
    {
        switch (Interlocked.Exchange(ref _awaited, Nothing))
        {
            case Work:
                _token.Writer.TryWrite(true);
                break;
            case Message:
                subscriber.CancelPendingWait();
                break;
        }
    }

    /// <summary>Waits until a message is done.</summary>
    /// <param name="oldest">The one whose end is of interest.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask WaitForWorkAsync(Delivery<T> oldest, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _awaited, Work);
        if (!oldest.IsDone)
        {
            await _token.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        // A token that is left ends the next wait too early, and all is looked at again.
    }

    /// <summary>Waits until there is a message, or one is done.</summary>
    /// <param name="oldest">The one whose end is of interest, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask WaitForMessageAsync(Delivery<T>? oldest, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _awaited, Message);
        if (oldest is not { IsDone: true })
        {
            await subscriber.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        }
        Interlocked.Exchange(ref _awaited, Nothing);
    }
}
