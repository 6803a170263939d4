using ShmBus.TestPeer;

// A program that tests start as a second process. Each command is one behaviour; it says on standard output when it is ready.
HostWatch.Start();
return Commands.Run(args);
