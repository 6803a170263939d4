using ShmBus.Hosting.TestPeer;
using ShmBus.TestPeer;

// Hosts that tests start as processes of their own. Each command is one behaviour; it says on standard output when it is ready.
HostWatch.Start();
return await Commands.RunAsync(args);
