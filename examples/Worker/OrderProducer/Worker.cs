using ShmBus.Hosting;

namespace Shop;

/// <summary>Publishes an order every so often.</summary>
internal sealed partial class Worker(IMessagePublisher<Order> orders, IConfiguration configuration, ILogger<Worker> logger) : BackgroundService
{
    private static readonly string[] Customers = ["Ada", "Grace", "Linus"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan pause = configuration.GetValue<TimeSpan>("Orders:Pause");
        for (int number = 1; ; number++)
        {
            Order order = new(Environment.ProcessId, number, Customers[number % Customers.Length], Total: number * 1.5m);
            // Waits while the topic is full, or cannot be reached. Ctrl-C ends the wait, and then the order was not published.
            await orders.PublishAsync(order, cancellationToken: stoppingToken);
            LogPublished(order);
            await Task.Delay(pause, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Published {Order}")]
    private partial void LogPublished(Order order);
}
