namespace ShmBus.Waiting;

/// <summary>
/// Keeps a reader off the heels of a writer in full flow. There it takes every cache line from the writer before the line is
/// full, which slows both many times over; a reader that lets the writer get ahead a little reads in runs.
/// </summary>
/// <remarks>
/// In full flow the next message comes after a few looks; in an exchange, where each message waits for an answer, after
/// a hundred. So nothing is held up but what would come at once, and that by twelve microseconds at the most, in a small ring
/// by less than the writer takes to fill it. All of it happens where a look found nothing, so a message that is there costs
/// nothing.
/// </remarks>
internal struct Pace
{
    /// <summary>A message that comes after so few looks comes at once.</summary>
    private const int FewLooks = 8;

    /// <summary>After so many such messages in a row the writer is in full flow.</summary>
    private const int Flow = 8;

    /// <summary>In nanoseconds: the first time, and by how much it grows while the flow lasts.</summary>
    private const long LookAway = 750;

    /// <summary>How often it grows at most, to twelve microseconds.</summary>
    private const int MostSteps = 16;

    /// <summary>So many bytes of the ring allow one step: a flow of small messages fills a tenth of that in a microsecond.</summary>
    private const ulong BytesForStep = 16 << 10;

    private readonly int _steps;
    private ulong _position;
    private int _looks;
    private int _quick;

    /// <param name="capacity">The bytes of the ring.</param>
    internal Pace(ulong capacity) => _steps = (int)Math.Clamp(capacity / BytesForStep, 1, MostSteps);

    /// <summary>A look at a position found nothing. Lets the writer get ahead if it is in full flow.</summary>
    internal void Missed(ulong position)
    {
        if (position == _position)
        {
            _looks++;
            return;
        }
        _quick = _looks < FewLooks ? Math.Min(_quick + 1, Flow + _steps) : 0;
        _position = position;
        _looks = 1;
        if (_quick >= Flow)
        {
            Clock.Pass(LookAway * Math.Min(_quick - Flow + 1, _steps));
        }
    }

    /// <summary>So many more looks at the same position found nothing.</summary>
    internal void Waited(int looks) => _looks += looks;
}
