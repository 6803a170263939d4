using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>
/// The least that two processes can do when the one that waits sleeps: a bare futex ping-pong, without spinning.
/// The limit for every transport that parks.
/// </summary>
internal sealed unsafe class FloorFutexTransport : ILatencyTransport
{
    public string Name => "floor-futex";

    public string Note => "floor-futex does the same, with a futex wait and a futex wake in each direction.";

    public string WaitLabel(WaitMode asked) => "futex";

    public IPinger CreatePinger(ChannelSettings settings) => new Pinger(FloorLines.Create(settings));

    public IPonger OpenPonger(ChannelSettings settings) => new Ponger(FloorLines.Open(settings));

    // The futex word is the low half of the number: it changes with every message.
    private static uint* WordOf(ulong* line) => (uint*)line;

    private static void Send(ulong* line, ulong number)
    {
        Volatile.Write(ref *line, number);
        Futex.WakeOne(WordOf(line));
    }

    private static ulong AwaitChange(ulong* line, ulong seen)
    {
        ulong found;
        while ((found = Volatile.Read(ref *line)) == seen)
            Futex.Wait(WordOf(line), (uint)seen);
        return found;
    }

    private sealed class Pinger(FloorLines lines) : IPinger
    {
        public void Run(PingCourse course)
        {
            for (ulong seen = 0; course.Next(); course.Confirm(seen))
            {
                Send(lines.Ping, course.Ping);
                seen = AwaitChange(lines.Pong, seen);
            }
        }

        public void Dispose() => lines.Dispose();
    }

    private sealed class Ponger(FloorLines lines) : IPonger
    {
        public void Run(EchoCourse course)
        {
            ulong seen = 0;
            bool more;
            do
            {
                seen = AwaitChange(lines.Ping, seen);
                more = course.Confirm(seen);
                Send(lines.Pong, course.Pong);
            }
            while (more);
        }

        public void Dispose() => lines.Dispose();
    }
}
