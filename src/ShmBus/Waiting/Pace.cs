using System.Runtime.CompilerServices;

namespace ShmBus.Waiting;

/// <summary>
/// Keeps a reader off the heels of a writer in full flow. There it takes every cache line from the writer before the line is
/// full, which slows both many times over; a reader that lets the writer get ahead a little reads in runs.
/// </summary>
/// <remarks>
/// <para>In full flow the next message comes after a few looks; in an exchange, where each message waits for an answer, mostly
/// after many, but not always: looks take longer while a line is on its way. So this is a guess that proves itself. In
/// full flow a look away brings several messages, and one of twice the length nearly twice as many; in an exchange nothing comes
/// but the one that was answered. A look away that brought too little is taken back, and the next guess needs more to go on, up
/// to some thousand messages.</para>
/// <para>Nothing is held up but what would come at once, and that by twelve microseconds at the most, in a small ring by less than the
/// writer takes to fill it. All of it happens where a look found nothing, so a message that is there costs nothing.</para>
/// </remarks>
internal struct Pace
{
    /// <summary>A message that comes after so few looks comes at once.</summary>
    private const int FewLooks = 8;

    /// <summary>After so many such messages in a row the writer may be in full flow.</summary>
    private const int Flow = 8;

    /// <summary>So many are asked for at most, where the guess was wrong each time.</summary>
    private const int MostAsked = 8192;

    /// <summary>How long the first look away is, in nanoseconds. It is doubled while that pays.</summary>
    private const long LookAway = 750;

    /// <summary>The longest: twelve microseconds.</summary>
    private const int MostUnits = 16;

    /// <summary>So many bytes of the ring allow one unit: a flow of small messages fills a tenth of that in a microsecond.</summary>
    private const ulong BytesForUnit = 16 << 10;

    private readonly int _mostUnits;
    private ulong _position;
    private ulong _least;
    private int _looks;
    private int _quick;
    private int _asked;
    private int _units;

    /// <param name="capacity">The bytes of the ring.</param>
    internal Pace(ulong capacity)
    {
        _mostUnits = (int)Math.Clamp(capacity / BytesForUnit, 1, MostUnits);
        _asked = Flow;
    }

    /// <summary>A look at a position found nothing. Lets the writer get ahead if it is in full flow.</summary>
    internal void Missed(ulong position)
    {
        if (position == _position)
        {
            _looks++;
            return;
        }
        ulong come = position - _position;
        _quick = _looks < FewLooks ? Math.Min(_quick + 1, MostAsked) : 0;
        _position = position;
        _looks = 1;
        if (_quick >= _asked)
        {
            Pass(come);
        }
        else if (_quick == 0)
        {
            _units = 0;
        }
    }

    /// <summary>So many more looks at the same position found nothing.</summary>
    internal void Waited(int looks) => _looks += looks;

    /// <summary>The writer seems to be in full flow. Looks away, for longer if the last time brought enough.</summary>
    /// <param name="come">The bytes that came since the last miss: one message, or what the last look away brought.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Pass(ulong come)
    {
        if (_units == 0)
        {
            _units = 1;
            _least = 2 * come;
        }
        else if (come >= _least)
        {
            _asked = Flow;
            _least = _units < _mostUnits ? come + come / 2 : come / 2;
            _units = Math.Min(2 * _units, _mostUnits);
        }
        else if (_units > 1)
        {
            _least = come / 2;
            _units /= 2;
        }
        else
        {
            _units = 0;
            _quick = 0;
            _asked = Math.Min(2 * _asked, MostAsked);
            return;
        }
        Clock.Pass(_units * LookAway);
    }
}
