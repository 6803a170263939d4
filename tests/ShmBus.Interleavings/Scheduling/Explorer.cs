using System.Globalization;
using ShmBus.Interleavings.Actors;
using ShmBus.Interleavings.Checking;

namespace ShmBus.Interleavings.Scheduling;

/// <summary>
/// Runs a scenario under every schedule within its bounds, one after the other: depth first, each from the beginning. At each step
/// of an actor it may go on; or another gets its turn, as long as preemptions are left; or it is killed, as long as kills are left.
/// Where an actor sleeps, has ended or was killed, who goes on costs nothing.
/// </summary>
/// <remarks>
/// A state that was met before, with as much left, has the same futures, so they are counted and not run again. What an actor does
/// next follows from what its loads told it, so the state is: memory, those histories, who has the turn, what is left.
/// The actors' threads hand the turn on among themselves; the thread that explores sets up each run and waits for its end.
/// </remarks>
internal sealed class Explorer : IDisposable
{
    /// <summary>No actor needs as many steps as this: it goes round in circles.</summary>
    private const int MaxSteps = 10_000;

    private const int Kill = -1;

    private readonly World _world;
    private readonly List<Actor> _actors = [];
    private readonly List<Branch> _path = [];
    private readonly Dictionary<ulong, long> _futures = [];
    private readonly SemaphoreSlim _ended = new(0);
    private readonly int[] _options;
    private readonly bool _skipsKnown;
    private Actor? _lastKillable;
    private bool _isPreparing;
    private bool _isReplay;
    private int _depth;
    private int _steps;
    private int _preemptionsLeft;
    private int _killsLeft;
    private int _longest;
    private long _futuresOfLast;
    private string? _violation;

    /// <param name="scenario">What to run.</param>
    /// <param name="skipsKnown">Whether to run the futures of a state once only.</param>
    internal Explorer(Scenario scenario, bool skipsKnown = true)
    {
        _skipsKnown = skipsKnown;
        _world = new World(scenario);
        for (int i = 0; i < scenario.Publishers.Length; i++)
        {
            Actor? successor = scenario.Successor is null ? null : Add(new PublishingActor(this, _world, $"P{i + 1}'", i, [], scenario.Successor));
            Add(new PublishingActor(this, _world, $"P{i + 1}", i, i == 0 ? scenario.Before : [], scenario.Publishers[i]) { Successor = successor });
        }
        for (int slot = 0; slot < scenario.Subscribers.Length; slot++)
        {
            Actor? next = null;
            for (int i = scenario.Subscribers[slot].HasSuccessor ? scenario.Kills : 0; i >= 0; i--)
            {
                next = Add(new SubscribingActor(this, _world, $"S{slot + 1}{new string('\'', i)}", slot) { Successor = next });
            }
        }
        _world.Actors = _actors;
        _options = new int[_actors.Count + 1];

        Actor Add(Actor actor)
        {
            _actors.Add(actor);
            return actor;
        }
    }

    /// <summary>Counts runs, so that an actor knows that the run it was in the middle of is over.</summary>
    internal int Run { get; private set; }

    internal bool IsClosing { get; private set; }

    /// <summary>Every schedule, until one violates what must hold.</summary>
    internal Report Explore()
    {
        _path.Clear();
        _futures.Clear();
        int runs = 0;
        long schedules;
        do
        {
            runs++;
            RunOnce(trace: null);
            if (_violation is not null)
            {
                string schedule = ToText();
                return new Report(runs, 0, _longest, _violation, schedule, Replay(schedule).Trace);
            }
        }
        while (GoOn(out schedules));
        return new Report(runs, schedules, _longest, null, "", []);
    }

    /// <summary>One schedule, as a report of a violation names it: at the nth choice the mth option, else the first.</summary>
    internal Report Replay(string schedule)
    {
        _path.Clear();
        foreach (string choice in schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = choice.Split('=');
            int at = int.Parse(parts[0], CultureInfo.InvariantCulture);
            while (_path.Count < at)
            {
                _path.Add(new Branch());
            }
            _path.Add(new Branch { Chosen = int.Parse(parts[1], CultureInfo.InvariantCulture) });
        }
        List<string> trace = [];
        _isReplay = true;
        RunOnce(trace);
        _isReplay = false;
        return new Report(1, 1, _steps, _violation, schedule, trace);
    }

    /// <summary>The actor is about to take a step.</summary>
    internal void Point(Actor actor)
    {
        if (_isPreparing)
        {
            return;
        }
        if (++_steps > MaxSteps)
        {
            throw new ViolationException("goes round in circles");
        }
        int choice = Choose(actor);
        if (choice == Kill)
        {
            _killsLeft--;
            _world.Kill(actor);
            PassOn();
            throw new KilledException();
        }
        if (choice < 0)
        {
            End();
            actor.AwaitTurn();
        }
        else if (_actors[choice] != actor)
        {
            _preemptionsLeft--;
            _actors[choice].GiveTurn();
            actor.AwaitTurn();
        }
    }

    /// <summary>The actor whose turn it is takes no further step now.</summary>
    internal void PassOn()
    {
        int choice = Choose(null);
        if (choice < 0)
        {
            End();
        }
        else
        {
            _actors[choice].GiveTurn();
        }
    }

    /// <summary>Ends the run because of a violation.</summary>
    internal void Fail(string violation)
    {
        _violation = violation;
        End();
    }

    public void Dispose()
    {
        IsClosing = true;
        Run++;
        foreach (Actor actor in _actors)
        {
            actor.Dispose();
        }
        _ended.Dispose();
        _world.Dispose();
    }

    private void RunOnce(List<string>? trace)
    {
        Run++;
        _depth = _steps = 0;
        _preemptionsLeft = _world.Scenario.Preemptions;
        _killsLeft = _world.Scenario.Kills;
        _violation = null;
        _lastKillable = null;
        _futuresOfLast = 1;
        _isPreparing = true;
        _world.Reset(trace);
        List<Actor> first = [.. _actors.Where(actor => !_actors.Exists(other => other.Successor == actor))];
        foreach (Actor actor in _actors)
        {
            actor.Reset(isAbsent: !first.Contains(actor));
        }
        foreach (Actor actor in first)
        {
            if (actor.Role == EndpointRole.Publisher || !_world.Scenario.Subscribers[actor.Slot].Joins)
            {
                actor.Prepare(actor.Join);
            }
        }
        foreach (PublishingActor actor in first.OfType<PublishingActor>())
        {
            actor.Prepare(actor.PublishBefore);
        }
        _isPreparing = false;
        PassOn();
        _ended.Wait();
        _longest = Math.Max(_longest, _steps);
    }

    private ulong Number(Actor? actor) => actor is null ? 0 : 1 + (ulong)_actors.IndexOf(actor);

    private void End() => _ended.Release();

    /// <summary>Whose turn is next, or <see cref="Kill"/>, or less: the run ends here.</summary>
    private int Choose(Actor? current)
    {
        int count = 0;
        if (current is not null)
        {
            _options[count++] = _actors.IndexOf(current);
        }
        for (int i = 0; i < _actors.Count && (current is null || _preemptionsLeft > 0); i++)
        {
            if (_actors[i] != current && _actors[i].Condition == Condition.Ready)
            {
                _options[count++] = i;
            }
        }
        if (current is not null && _killsLeft > 0 && (current.HasChanged || current != _lastKillable))
        {
            current.HasChanged = false;
            _lastKillable = current;
            _options[count++] = Kill;
        }
        if (count == 0)
        {
            _violation = _world.Check();
            return int.MinValue;
        }
        if (_depth == _path.Count)
        {
            ulong state = 0;
            if (_skipsKnown && !_isReplay)
            {
                state = Hash.Mix(_world.Fingerprint(), Number(current) | Number(_lastKillable) << 8 | (ulong)_preemptionsLeft << 16 | (ulong)_killsLeft << 24 | (ulong)count << 32);
                if (_futures.TryGetValue(state, out _futuresOfLast))
                {
                    return int.MinValue;
                }
                _futuresOfLast = 1;
            }
            _path.Add(new Branch { State = state, Options = count });
        }
        else if (_path[_depth].Options != count && !_isReplay)
        {
            throw new InvalidOperationException("The same choices led elsewhere: something here is not deterministic.");
        }
        return _options[_path[_depth++].Chosen];
    }

    /// <summary>To the next schedule, if there is one; if not, says how many there were.</summary>
    private bool GoOn(out long schedules)
    {
        long futures = _futuresOfLast;
        while (_path.Count > 0)
        {
            Branch last = _path[^1];
            last.Futures += futures;
            if (++last.Chosen < last.Options)
            {
                schedules = 0;
                return true;
            }
            futures = _futures[last.State] = last.Futures;
            _path.RemoveAt(_path.Count - 1);
        }
        schedules = futures;
        return false;
    }

    private string ToText() => string.Join(' ', _path.Select(static (branch, index) => (branch, index))
        .Where(static choice => choice.branch.Chosen > 0).Select(static choice => $"{choice.index}={choice.branch.Chosen}"));

    private sealed class Branch
    {
        internal ulong State { get; init; }
        internal int Options { get; init; }
        internal int Chosen { get; set; }
        internal long Futures { get; set; }
    }
}
