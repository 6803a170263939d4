// A host that handles orders until Ctrl-C. How many at once, and what becomes of those that fail, is in appsettings.json.

using Shop;
using ShmBus.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddShmBus(bus => bus.AddHandler<Order, OrderHandler>("orders", Order.MessagePack));
builder.Build().Run();
