global using NUnit.Framework;
global using ShmBus.Rings;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
