namespace ShmBus.Hosting.Handling;

/// <summary>Calls what handles a message, with the services of its scope.</summary>
internal delegate ValueTask MessageInvoker<in T>(IServiceProvider services, T message, MessageContext context, CancellationToken cancellationToken);
