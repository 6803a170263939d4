using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Tests;

/// <summary>The transports of the catalog, by their names.</summary>
internal static class TransportNames
{
    internal static IEnumerable<string> Latency => TransportCatalog.Latency.Select(static transport => transport.Name);

    internal static IEnumerable<string> Stream => TransportCatalog.Stream.Select(static transport => transport.Name);

    internal static IEnumerable<string> ManyProducers => TransportCatalog.Stream.OfType<IManyProducersTransport>().Select(static transport => transport.Name);

    /// <summary>Of every suite in which it is, once.</summary>
    internal static IEnumerable<object[]> OfSuites =>
        [.. Latency.Select(static name => new[] { "latency", name }), .. Stream.Select(static name => new[] { "throughput", name })];

    /// <summary>Each once, in a suite that it is in.</summary>
    internal static IEnumerable<object[]> InOneSuite => OfSuites.DistinctBy(static suiteAndName => suiteAndName[1]);

    internal static ITransport Find(string name) =>
        TransportCatalog.Latency.Concat<ITransport>(TransportCatalog.Stream).First(transport => transport.Name == name);

    /// <summary>Ignores the test where the machine has not what the transport needs.</summary>
    internal static void IgnoreWithout(string name)
    {
        if (Find(name).Missing is { } missing)
        {
            Assert.Ignore($"{name}: {missing}");
        }
    }
}
