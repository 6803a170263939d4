using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Connections;
using ShmBus.Hosting.Diagnostics;

namespace ShmBus.Hosting.Handling;

/// <summary>
/// What is done about one message: the handler is called in a scope, again when it throws, and what is left then is dealt with as the settings say.
/// </summary>
internal sealed class MessageProcessor<T>(
    string name, string topic, HandlerSettings settings, MessageInvoker<T> invoke, BusServices services, IServiceScopeFactory scopes, DeadLetterOffice office,
    IHostApplicationLifetime lifetime)
{
    private const int MostErrorText = 1024;

    internal string Name => name;

    /// <summary>Whether the bytes of a message may be needed after it was handled.</summary>
    internal bool KeepsExtras => settings.OnError == ErrorAction.DeadLetter;

    /// <summary>Connects to where messages go that cannot be handled.</summary>
    internal void Start()
    {
        if (settings.OnError == ErrorAction.DeadLetter)
        {
            office.To(settings.DeadLetterTopic!).Start();
        }
    }

    /// <summary>Deals with a message.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="stopping">The host stops: no retry is waited for.</param>
    /// <param name="abort">The time to stop is over.</param>
    /// <returns>False when it is to be delivered again at the next start.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> ProcessAsync(Delivery<T> delivery, CancellationToken stopping, CancellationToken abort)
    {
        services.Metrics.Consumed(topic, name, MessagingOperation.Process);
        if (delivery.Failure is not null)
        {
            using (Activity? activity = services.Tracing.StartProcess(delivery.Context with { Attempt = 0 }, name, delivery.Parent))
            {
                BusTracing.Fail(activity, delivery.Failure);
            }
            return await GiveUpAsync(delivery, delivery.Failure, 0, stopping).ConfigureAwait(false);
        }
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await InvokeAsync(delivery, attempt, abort).ConfigureAwait(false);
                return true;
            }
            catch (Exception) when (abort.IsCancellationRequested)
            {
                // Whatever it says: it was told to end, and what it uses may be gone.
                return false;
            }
            catch (Exception exception)
            {
                if (attempt > settings.Retries)
                {
                    return await GiveUpAsync(delivery, exception, attempt, stopping).ConfigureAwait(false);
                }
                TimeSpan delay = DelayAfter(attempt);
                Log.Retrying(services.Logger, name, topic, delivery.Context.Position, attempt, delay, exception);
                services.Metrics.Retried(topic, name, exception);
                await Task.Delay(delay, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stopping.IsCancellationRequested)
                {
                    return false;
                }
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask InvokeAsync(Delivery<T> delivery, int attempt, CancellationToken abort)
    {
        MessageContext context = delivery.Context with { Attempt = attempt };
        using Activity? activity = services.Tracing.StartProcess(context, name, delivery.Parent);
        long start = services.Metrics.TimesProcess ? Stopwatch.GetTimestamp() : 0;
        Exception? error = null;
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        try
        {
            await invoke(scope.ServiceProvider, delivery.Message, context, abort).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            error = exception;
            BusTracing.Fail(activity, exception);
            throw;
        }
        finally
        {
            await scope.DisposeAsync().ConfigureAwait(false);
            if (start != 0)
            {
                services.Metrics.Processed(topic, name, Stopwatch.GetElapsedTime(start), error);
            }
        }
    }

    private async ValueTask<bool> GiveUpAsync(Delivery<T> delivery, Exception exception, int attempts, CancellationToken stopping)
    {
        switch (settings.OnError)
        {
            case ErrorAction.Skip:
                services.Metrics.Skipped(topic, name, exception);
                Log.Skipped(services.Logger, name, topic, delivery.Context.Position, attempts, exception);
                return true;
            case ErrorAction.DeadLetter:
                return await DeadLetterAsync(delivery, exception, attempts, stopping).ConfigureAwait(false);
            default:
                StopHost(delivery, exception, attempts);
                return false;
        }
    }

    private async ValueTask<bool> DeadLetterAsync(Delivery<T> delivery, Exception exception, int attempts, CancellationToken stopping)
    {
        string deadLetterTopic = settings.DeadLetterTopic!;
        try
        {
            HostedPublisher<DeadLetter> publisher = office.To(deadLetterTopic);
            DeadLetter letter = new()
            {
                Topic = topic,
                Handler = name,
                Position = delivery.Context.Position,
                Type = delivery.Context.Type,
                Attempts = attempts,
                FailedAt = DateTimeOffset.UtcNow,
                ErrorType = exception.GetType().FullName!,
                ErrorMessage = exception.Message.Length > MostErrorText ? exception.Message[..MostErrorText] : exception.Message,
                Payload = delivery.Payload,
            };
            if (!publisher.TryPublish(letter, delivery.Extras))
            {
                Log.DeadLetterBlocked(services.Logger, name, topic, deadLetterTopic);
                await publisher.PublishAsync(letter, delivery.Extras, stopping).ConfigureAwait(false);
            }
        }
        catch (Exception exceptionOfStop) when (stopping.IsCancellationRequested && exceptionOfStop is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
        catch (Exception failure)
        {
            StopHost(delivery, new AggregateException(failure, exception), attempts);
            return false;
        }
        services.Metrics.DeadLettered(topic, name, exception);
        Log.DeadLettered(services.Logger, name, topic, delivery.Context.Position, attempts, deadLetterTopic, exception);
        return true;
    }

    /// <summary>Stops the host because of a message, which is not delivered.</summary>
    internal void StopHost(Delivery<T> delivery, Exception exception, int attempts)
    {
        services.Failure = new HandlerFailure(name, topic, delivery.Context.Position, exception);
        Log.StoppingHost(services.Logger, name, topic, delivery.Context.Position, attempts, exception);
        // Whoever watches the process (systemd, a container) learns that it was no success.
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    private TimeSpan DelayAfter(int attempt)
    {
        double ticks = settings.RetryDelay.Ticks * Math.Pow(2, attempt - 1);
        return ticks < settings.MaxRetryDelay.Ticks ? TimeSpan.FromTicks((long)ticks) : settings.MaxRetryDelay;
    }
}
