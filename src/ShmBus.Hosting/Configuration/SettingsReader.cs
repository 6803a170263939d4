using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace ShmBus.Hosting;

/// <summary>
/// Reads a section of the configuration by a table of its keys. Not by the binder, which passes over keys that it does not know, and stops at the first value
/// that it cannot read: here all that is wrong is told at once, by its path.
/// </summary>
internal sealed class SettingsReader<TSettings>
{
    private delegate bool Parser<TValue>(string text, [MaybeNullWhen(false)] out TValue value);

    private readonly Dictionary<string, Key> _keys = new(StringComparer.OrdinalIgnoreCase);

    internal IEnumerable<string> Keys => _keys.Keys;

    internal SettingsReader<TSettings> Number(string key, Action<TSettings, int> set) => Add(key, "a whole number", ParseInt, set);

    internal SettingsReader<TSettings> Number(string key, Action<TSettings, long> set) => Add(key, "a whole number", ParseLong, set);

    internal SettingsReader<TSettings> OptionalNumber(string key, Action<TSettings, int?> set) =>
        Add<int>(key, "a whole number", ParseInt, (settings, value) => set(settings, value), settings => set(settings, null));

    internal SettingsReader<TSettings> OptionalNumber(string key, Action<TSettings, long?> set) =>
        Add<long>(key, "a whole number", ParseLong, (settings, value) => set(settings, value), settings => set(settings, null));

    internal SettingsReader<TSettings> Flag(string key, Action<TSettings, bool> set) => Add(key, "true or false", bool.TryParse, set);

    /// <remarks>A number alone would be one of days.</remarks>
    internal SettingsReader<TSettings> Duration(string key, Action<TSettings, TimeSpan> set) => Add(
        key, "a time, such as 00:00:00.100",
        static (string text, out TimeSpan value) => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value) && text.Contains(':', StringComparison.Ordinal), set);

    internal SettingsReader<TSettings> Choice<TEnum>(string key, Action<TSettings, TEnum> set) where TEnum : struct, Enum => Add(
        key, $"one of {string.Join(", ", Enum.GetNames<TEnum>())}",
        static (string text, out TEnum value) =>
            Enum.TryParse(text, ignoreCase: true, out value) && Enum.GetNames<TEnum>().Contains(text.Trim(), StringComparer.OrdinalIgnoreCase), set);

    internal SettingsReader<TSettings> Text(string key, Action<TSettings, string> set) => Add(key, "a text", Same, set);

    internal SettingsReader<TSettings> OptionalText(string key, Action<TSettings, string?> set) => Add(key, "a text", Same, set, settings => set(settings, null));

    /// <summary>A key that stands for a section of its own, whose children have any name.</summary>
    internal SettingsReader<TSettings> Sections(string key, Action<TSettings, IConfigurationSection, ICollection<string>> read)
    {
        _keys.Add(key, new Key(null, (section, settings, problems) =>
        {
            RefuseValue(section, problems);
            foreach (IConfigurationSection child in section.GetChildren())
            {
                read(settings, child, problems);
            }
        }));
        return this;
    }

    /// <summary>Changes the settings as the section says.</summary>
    /// <param name="section">The section.</param>
    /// <param name="settings">The settings. What the section does not speak of, or cannot be read, stays as it is.</param>
    /// <param name="problems">Gets what is wrong.</param>
    internal void Read(IConfiguration section, TSettings settings, ICollection<string> problems)
    {
        RefuseValue(section, problems);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!_keys.TryGetValue(child.Key, out Key? key))
            {
                problems.Add($"{child.Path} is not known; {Spelling.Suggest(child.Key, _keys.Keys)}");
            }
            else if (key.Expected is not null && child.GetChildren().Any())
            {
                problems.Add($"{child.Path} is a section; expected {key.Expected}.");
            }
            else
            {
                key.Read(child, settings, problems);
            }
        }
    }

    private static void RefuseValue(IConfiguration section, ICollection<string> problems)
    {
        // An empty one has an empty value in some providers.
        if (section is IConfigurationSection { Value.Length: > 0 } value)
        {
            problems.Add($"{value.Path} is '{value.Value}'; expected a section with keys.");
        }
    }

    private static bool ParseInt(string text, out int value) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value);

    private static bool ParseLong(string text, out long value) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value);

    private static bool Same(string text, out string value)
    {
        value = text;
        return true;
    }

    /// <param name="key">The key.</param>
    /// <param name="expected">What its value is, in words.</param>
    /// <param name="parse">Reads the value.</param>
    /// <param name="set">Sets it.</param>
    /// <param name="clear">Sets it to null; null where that is no value.</param>
    private SettingsReader<TSettings> Add<TValue>(string key, string expected, Parser<TValue> parse, Action<TSettings, TValue> set, Action<TSettings>? clear = null)
    {
        _keys.Add(key, new Key(expected, (section, settings, problems) =>
        {
            if (section.Value is null && clear is not null)
            {
                clear(settings);
            }
            else if (section.Value is not null && parse(section.Value, out TValue? value))
            {
                set(settings, value);
            }
            else
            {
                problems.Add($"{section.Path} is {(section.Value is null ? "null" : $"'{section.Value}'")}; expected {expected}.");
            }
        }));
        return this;
    }

    private sealed record Key(string? Expected, Action<IConfigurationSection, TSettings, ICollection<string>> Read);
}
