using System.CommandLine;

namespace ShmBus.Perf.Commands;

/// <summary>An option whose errors name it and say what would be right.</summary>
internal static class ParsedOption
{
    public static Option<T> Create<T>(string name, string valueName, string description, Func<string, T> parse) => new(name)
    {
        HelpName = valueName,
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            try
            {
                return parse(result.Tokens[0].Value);
            }
            catch (PerfException e)
            {
                result.AddError($"{name}: {e.Message}.");
                return default;
            }
        },
    };

    /// <summary>Not the library's own defaults: help would print them as the runtime does.</summary>
    public static T ValueOr<T>(this ParseResult parsed, Option<T> option, T otherwise)
        where T : notnull =>
        parsed.GetResult(option) is null ? otherwise : parsed.GetRequiredValue(option);
}
