using ShmBus.Hosting;

namespace Shop;

/// <summary>Handles one order: made for it, in a scope of its own, with what it needs injected.</summary>
internal sealed partial class OrderHandler(ILogger<OrderHandler> logger) : IMessageHandler<Order>
{
    public async ValueTask HandleAsync(Order order, MessageContext context, CancellationToken cancellationToken)
    {
        await Task.Delay(10, cancellationToken); // A database, or another service.
        LogHandled(order);
    }

    [LoggerMessage(LogLevel.Information, "Handled {Order}")]
    private partial void LogHandled(Order order);
}
