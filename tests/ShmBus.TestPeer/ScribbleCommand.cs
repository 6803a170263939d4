using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.TestPeer;

/// <summary>
/// PATH LENGTH: writes over the payload of every record of a ring, all the time, where each is of a payload of that length: stamped or
/// not, in the hands of a reader or not. Stamps and headers stay, so the others go on.
/// </summary>
internal static unsafe class ScribbleCommand
{
    internal static int Run(string[] arguments)
    {
        uint length = uint.Parse(arguments[1], CultureInfo.InvariantCulture);
        using RegionFile file = RegionFile.Open(arguments[0], RegionOptions.Default, readOnly: false);
        RingMemory memory = Region.Map(file, RegionOptions.Default, readOnly: false).Ring();
        Console.WriteLine("scribbling");
        for (byte value = 0; ; value++)
        {
            for (ulong at = 0; at < memory.Capacity; at += RecordDescriptor.Extent(length))
            {
                new Span<byte>(memory.Data + at + RecordDescriptor.HeaderSize, (int)length).Fill(value);
            }
        }
    }
}
