using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>
/// The least that two processes can do: each writes a number into a cache line that the other spins on. No
/// transport through shared memory can be faster.
/// </summary>
internal sealed unsafe class FloorTransport : ILatencyTransport
{
    public string Name => "floor";

    public string Note => "floor bounces one cache line that carries a sequence number, whatever --size says.";

    public string WaitLabel(WaitMode asked) => "spin";

    public IPinger CreatePinger(ChannelSettings settings) => new Pinger(FloorLines.Create(settings));

    public IPonger OpenPonger(ChannelSettings settings) => new Ponger(FloorLines.Open(settings));

    // Without a pause instruction: it takes 140 cycles on some processors, longer than the line does.
    private static ulong AwaitChange(ulong* line, ulong seen)
    {
        ulong found;
        while ((found = Volatile.Read(ref *line)) == seen) ;
        return found;
    }

    private sealed class Pinger(FloorLines lines) : IPinger
    {
        public void Run(PingCourse course)
        {
            ulong* ping = lines.Ping;
            ulong* pong = lines.Pong;
            for (ulong seen = 0; course.Next(); course.Confirm(seen))
            {
                Volatile.Write(ref *ping, course.Ping);
                seen = AwaitChange(pong, seen);
            }
        }

        public void Dispose() => lines.Dispose();
    }

    private sealed class Ponger(FloorLines lines) : IPonger
    {
        public void Run(EchoCourse course)
        {
            ulong* ping = lines.Ping;
            ulong* pong = lines.Pong;
            ulong seen = 0;
            bool more;
            do
            {
                seen = AwaitChange(ping, seen);
                more = course.Confirm(seen);
                Volatile.Write(ref *pong, course.Pong);
            }
            while (more);
        }

        public void Dispose() => lines.Dispose();
    }
}
