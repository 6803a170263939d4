global using NUnit.Framework;
global using ShmBus.Tests.Support;
// In these tests 'Tool' is a namespace.
global using MachineProgram = ShmBus.Tests.Support.Tool;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
