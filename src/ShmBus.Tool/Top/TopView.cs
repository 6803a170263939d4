using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tool.Commands;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Top;

/// <summary>What stands on the screen, and what keys do to it.</summary>
internal sealed class TopView(BusWatch watch)
{
    private const string Keys = "q quit  up/down select  Enter open  Esc back  sort by: n name  m msg/s  b bytes/s  d depth  w wakes/s  f full/s  l lost  r reverse";

    private static readonly (char Key, string Name, Func<WatchedTopic, double> Value)[] Orders =
    [
        ('n', "name", static _ => 0),
        ('m', "msg/s", static topic => topic.MessageRate),
        ('b', "bytes/s", static topic => topic.ByteRate),
        ('d', "depth", static topic => topic.Depth),
        ('w', "wakes/s", static topic => topic.WakeRate),
        ('f', "full/s", static topic => topic.FullRate),
        ('l', "lost", static topic => topic.Losses),
    ];

    private int _order = 2;
    private bool _isReversed;
    private string? _selected;
    private bool _isOpen;
    private int _first;

    /// <summary>Does what a key says. False when it says to quit.</summary>
    internal bool Handle(ConsoleKeyInfo key)
    {
        List<WatchedTopic> topics = Sorted();
        int at = Math.Max(0, topics.FindIndex(topic => topic.Name == _selected));
        switch (key.Key)
        {
            case ConsoleKey.Q:
                return false;
            case ConsoleKey.Escape or ConsoleKey.Backspace or ConsoleKey.LeftArrow:
                _isOpen = false;
                return true;
            case ConsoleKey.Enter or ConsoleKey.RightArrow:
                _selected ??= topics.FirstOrDefault()?.Name;
                _isOpen = _selected is not null;
                return true;
            case ConsoleKey.UpArrow or ConsoleKey.K:
                at--;
                break;
            case ConsoleKey.DownArrow or ConsoleKey.J:
                // The first one shows where the selection is.
                at += _selected is null ? 0 : 1;
                break;
            case ConsoleKey.R:
                _isReversed = !_isReversed;
                return true;
            default:
                int order = Array.FindIndex(Orders, order => order.Key == char.ToLowerInvariant(key.KeyChar));
                _order = order < 0 ? _order : order;
                return true;
        }
        if (!_isOpen && topics.Count > 0)
        {
            _selected = topics[Math.Clamp(at, 0, topics.Count - 1)].Name;
        }
        return true;
    }

    /// <summary>The lines of a screen.</summary>
    internal List<ScreenLine> Draw(int width, int height)
    {
        List<WatchedTopic> topics = Sorted();
        List<ScreenLine> lines = [new($"shmbus top  {watch.Directory}  {topics.Count} topics  by {Orders[_order].Name}{(_isReversed ? ", reversed" : "")}", LineStyle.Bold)];
        if (_isOpen && topics.Find(topic => topic.Name == _selected) is WatchedTopic open)
        {
            AddOpen(lines, open, width);
        }
        else
        {
            _isOpen = false;
            AddTable(lines, topics, rows: Math.Max(1, height - 3));
        }
        while (lines.Count < height - 1)
        {
            lines.Add(new("", LineStyle.Plain));
        }
        lines.RemoveRange(Math.Max(1, height - 1), Math.Max(0, lines.Count - Math.Max(1, height - 1)));
        lines.Add(new(Keys, LineStyle.Dim));
        return lines;
    }

    private static string Shown(double value) => Humans.Count(value);

    private List<WatchedTopic> Sorted()
    {
        IEnumerable<WatchedTopic> sorted = watch.Topics.OrderByDescending(Orders[_order].Value).ThenBy(static topic => topic.Name, StringComparer.Ordinal);
        return [.. _isReversed ? sorted.Reverse() : sorted];
    }

    private void AddTable(List<ScreenLine> lines, List<WatchedTopic> topics, int rows)
    {
        int selected = topics.FindIndex(topic => topic.Name == _selected);
        _first = Math.Clamp(_first, 0, Math.Max(0, topics.Count - rows));
        _first = selected < 0 ? _first : Math.Clamp(_first, Math.Max(0, selected - rows + 1), selected);
        TextTable table = new("TOPIC", "KIND", "MSG/S", "BYTES/S", "RATE", "DEPTH", "FILL", "PUB", "SUB", "WAKES/S", "FULL/S", "LOST", "MISSED", "EVICTED", "HEALTH");
        List<WatchedTopic> visible = [.. topics.Skip(_first).Take(rows)];
        foreach (WatchedTopic topic in visible)
        {
            table.Add(
                LsCommand.Shown(topic.Name), topic.Kind, Shown(topic.MessageRate), Humans.Bytes((long)topic.ByteRate), topic.Rates.Draw(), Humans.Bytes(topic.Depth), topic.Depths.Draw(topic.Capacity),
                Shown(topic.Alive(EndpointRole.Publisher)), Shown(topic.Alive(EndpointRole.Subscriber)), Shown(topic.WakeRate), Shown(topic.FullRate), Shown(topic.Losses),
                Humans.Bytes(topic.MissedBytes), Shown(topic.Evicted), Health(topic));
        }
        string[] text = table.ToString().Split('\n');
        lines.Add(new(text[0], LineStyle.Bold));
        for (int i = 0; i < visible.Count; i++)
        {
            LineStyle style = _first + i == selected ? LineStyle.Selected : visible[i].Findings is [{ IsProblem: true }, ..] ? LineStyle.Problem : LineStyle.Plain;
            lines.Add(new(text[i + 1], style));
        }
    }

    private void AddOpen(List<ScreenLine> lines, WatchedTopic topic, int width)
    {
        lines.Add(new($"{topic.Name}  {topic.Kind}  capacity {Humans.Bytes(topic.Capacity)}  {Shown(topic.MessageRate)} msg/s  {Humans.Bytes((long)topic.ByteRate)} bytes/s {topic.Rates.Draw()}  depth {Humans.Bytes(topic.Depth)} {topic.Depths.Draw(topic.Capacity)}", LineStyle.Plain));
        lines.Add(new("", LineStyle.Plain));
        TextTable table = new("ROLE", "SLOT", "STATE", "PID", "MSG/S", "LAG", "LAGS", "SLEEPS/S", "WAKES/S", "LOST", "MISSED", "PLACE", "WHO");
        foreach (WatchedEndpoint endpoint in topic.Endpoints)
        {
            EndpointInfo now = endpoint.Now;
            ProcessView? process = watch.FindProcess(now);
            bool reads = now.Role == EndpointRole.Subscriber;
            table.Add(
                reads ? "subscriber" : "publisher", Shown(now.Slot), InspectedEndpoint.StateOf(now, process), now.ProcessId.ToString(CultureInfo.InvariantCulture), Shown(endpoint.MessageRate),
                reads ? Humans.Bytes(now.UnreadBytes) : "", reads ? endpoint.Lag.Draw(topic.Capacity) : "", Shown(endpoint.SleepRate), Shown(endpoint.WakeRate), reads ? Shown(now.Losses) : "",
                reads ? Humans.Bytes(now.MissedBytes) : "", now.PlaceName ?? "", process?.CommandLine ?? now.ProcessName);
        }
        string[] text = table.ToString().TrimEnd('\n').Split('\n');
        lines.Add(new(text[0], LineStyle.Bold));
        lines.AddRange(text.Skip(1).Select(static line => new ScreenLine(line, LineStyle.Plain)));
        lines.Add(new("", LineStyle.Plain));
        // Whole, unlike the table: they are what one came for.
        lines.AddRange(topic.Findings.SelectMany(finding => $"{LsCommand.Word(finding.Kind)}: {finding.Message}".Chunk(width)
            .Select(part => new ScreenLine(new string(part), finding.IsProblem ? LineStyle.Problem : LineStyle.Plain))));
    }

    internal static string Health(WatchedTopic topic) => topic.Findings.Count == 0 ? "ok" : LsCommand.Word(topic.Findings[0].Kind);
}
