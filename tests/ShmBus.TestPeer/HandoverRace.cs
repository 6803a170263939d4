using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.TestPeer;

/// <summary>
/// Takes regions whose server cuts them off and seals them at that very moment. One that were taken at its old size would kill this process
/// (SIGBUS).
/// </summary>
internal static unsafe class HandoverRace
{
    internal static int Run(int rounds)
    {
        byte[] bytes = new byte[RegionDescriptor.HeaderSize];
        RegionHeader header = new TopicOptions { Capacity = Environment.SystemPageSize }.ToHeader();
        header.Encode(bytes);
        Dictionary<string, int> refusals = [];
        SafeFileHandle? next = null;
        using Barrier together = new(2);
        Thread server = new(() =>
        {
            for (int i = 0; i < rounds; i++)
            {
                together.SignalAndWait();
                Thread.SpinWait(Random.Shared.Next(0, 300));
                _ = Posix.Truncate(next!, Environment.SystemPageSize);
                _ = Libc.AddSeals(next!, RegionFile.Seals);
                together.SignalAndWait();
            }
        }) { IsBackground = true };
        server.Start();
        for (int i = 0; i < rounds; i++)
        {
            next = Libc.MemfdCreate("shmbus-test");
            _ = Libc.fchmod(next, (uint)RegionOptions.OwnerOnly);
            _ = Posix.Truncate(next, header.Geometry.RegionSize);
            RandomAccess.Write(next, bytes, 0);
            SafeFileHandle passed = Libc.Duplicate(next);
            together.SignalAndWait();
            string refusal = Take(passed);
            refusals[refusal] = refusals.GetValueOrDefault(refusal) + 1;
            together.SignalAndWait();
            next.Dispose();
        }
        Console.WriteLine(string.Join(", ", refusals.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key} {pair.Value}")));
        return 0;
    }

    private static string Take(SafeFileHandle passed)
    {
        try
        {
            using RegionFile file = RegionFile.FromPassed(passed, [], "(race)", Libc.geteuid(), readOnly: false);
            RegionMemory memory = file.Map(TopicOptions.Default.ToRegionOptions() with { PopulateLimit = 0 }, readOnly: false);
            memory.Address[file.Header.Geometry.RegionSize - 1] = 1;
            memory.Unmap();
            return "Taken";
        }
        catch (RegionException exception)
        {
            return exception.GetType().Name;
        }
    }
}
