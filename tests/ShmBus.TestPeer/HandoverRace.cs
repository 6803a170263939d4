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
        SafeFileHandle next = new();
        // The round that each side has come to: they meet by looking, as closely as can be.
        int taking = 0, cut = 0;
        Thread server = new(() =>
        {
            for (int round = 1; round <= rounds; round++)
            {
                Await(ref taking, round);
                Thread.SpinWait(Random.Shared.Next(0, 400));
                _ = Posix.Truncate(next, Environment.SystemPageSize);
                _ = Libc.AddSeals(next, RegionFile.Seals);
                Volatile.Write(ref cut, round);
            }
        }) { IsBackground = true };
        server.Start();
        for (int round = 1; round <= rounds; round++)
        {
            next = Libc.MemfdCreate("shmbus-test");
            _ = Libc.fchmod(next, (uint)RegionOptions.OwnerOnly);
            _ = Posix.Truncate(next, header.Geometry.RegionSize);
            RandomAccess.Write(next, bytes, 0);
            SafeFileHandle passed = Libc.Duplicate(next);
            Volatile.Write(ref taking, round);
            string refusal = Take(passed);
            refusals[refusal] = refusals.GetValueOrDefault(refusal) + 1;
            Await(ref cut, round);
            next.Dispose();
        }
        Console.WriteLine(string.Join(", ", refusals.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key} {pair.Value}")));
        return 0;
    }

    private static void Await(ref int side, int round)
    {
        for (int looks = 1; Volatile.Read(ref side) < round; looks++)
        {
            if (looks % 1000 == 0)
            {
                Thread.Yield();
            }
        }
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
