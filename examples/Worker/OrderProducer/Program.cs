// A host that publishes orders until Ctrl-C. Which bus, and how fast, is in appsettings.json.

using Shop;
using ShmBus.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddShmBus(bus => bus.AddPublisher("orders", Order.MessagePack));
builder.Services.AddHostedService<Worker>();
builder.Build().Run();
