global using NUnit.Framework;
global using ShmBus.Tests.Support;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
