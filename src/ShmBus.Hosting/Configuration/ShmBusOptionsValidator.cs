using System.Globalization;
using Microsoft.Extensions.Options;

namespace ShmBus.Hosting;

/// <summary>Finds all that is wrong with the options before anything is opened, and names each by its path.</summary>
internal sealed class ShmBusOptionsValidator(Registrations registrations) : IValidateOptions<ShmBusOptions>
{
    private const int MostConcurrency = 10_000;

    /// <summary>What a timer takes.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(int.MaxValue);

    public ValidateOptionsResult Validate(string? name, ShmBusOptions options)
    {
        List<string> problems =
        [
            .. options.Unreadable,
            .. OfBus(options),
            .. options.Topics.SelectMany(topic => OfTopic($"{options.Path}:{nameof(options.Topics)}:{topic.Key}", topic.Key, topic.Value)),
            .. options.Handlers.SelectMany(handler => OfHandler($"{options.Path}:{nameof(options.Handlers)}:{handler.Key}", handler.Key, handler.Value)),
            .. new TopicUses(registrations, options).FindProblems(),
        ];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> OfBus(ShmBusOptions options)
    {
        if (!ShmBusOptions.TryParseMode(options.Mode, out _))
        {
            yield return $"{options.Path}:{nameof(options.Mode)} is '{options.Mode}'; expected 600, 640 or 660 (octal).";
            yield break;
        }
        foreach (string problem in options.ToBusOptions().FindProblems())
        {
            yield return $"{options.Path}:{problem}";
        }
    }

    private static IEnumerable<string> OfTopic(string path, string name, TopicSettings settings)
    {
        if (Bus.FindNameProblem(name) is string wrong)
        {
            yield return $"{path}: '{name}' cannot be the name of a topic: {wrong}.";
        }
        TopicOptions topic = settings.ToOptions();
        IReadOnlyList<string> problems = topic.FindProblems();
        foreach (string problem in problems)
        {
            yield return $"{path}:{problem}";
        }
        long mostLag = (long)topic.Capacity * (topic.Lanes ? topic.Publishers : 1);
        if (problems.Count == 0 && (settings.MaxLag < 1 || settings.MaxLag > mostLag))
        {
            yield return $"{path}:{nameof(settings.MaxLag)} is {settings.MaxLag}; expected 1 to {mostLag}: more than is in the ring cannot lag.";
        }
    }

    private IEnumerable<string> OfHandler(string path, string name, HandlerSettings settings)
    {
        if (!registrations.Handlers.Any(handler => handler.Name == name))
        {
            yield return $"{path}: this host has no handler of that name; {Spelling.Suggest(name, registrations.Handlers.Select(static handler => handler.Name))}";
            yield break;
        }
        if (settings.Concurrency is < 1 or > MostConcurrency)
        {
            yield return $"{path}:{nameof(settings.Concurrency)} is {settings.Concurrency}; expected 1 to {MostConcurrency}.";
        }
        if (settings.Retries < 0)
        {
            yield return $"{path}:{nameof(settings.Retries)} is {settings.Retries}; expected a number of retries, 0 for none.";
        }
        if (settings.RetryDelay < TimeSpan.Zero || settings.RetryDelay > LongestDelay)
        {
            yield return $"{path}:{nameof(settings.RetryDelay)} is {Text(settings.RetryDelay)}; expected 0 to {Text(LongestDelay)}.";
        }
        else if (settings.MaxRetryDelay < settings.RetryDelay || settings.MaxRetryDelay > LongestDelay)
        {
            yield return $"{path}:{nameof(settings.MaxRetryDelay)} is {Text(settings.MaxRetryDelay)}; expected {nameof(settings.RetryDelay)} ({Text(settings.RetryDelay)}) to {Text(LongestDelay)}.";
        }
        if (!Enum.IsDefined(settings.OnError))
        {
            yield return $"{path}:{nameof(settings.OnError)} is {(int)settings.OnError}; expected one of {string.Join(", ", Enum.GetNames<ErrorAction>())}.";
        }
        if (settings.DeadLetterTopic is not null && settings.OnError != ErrorAction.DeadLetter)
        {
            yield return $"{path}:{nameof(settings.DeadLetterTopic)} is '{settings.DeadLetterTopic}', and {nameof(settings.OnError)} is {settings.OnError}; expected {nameof(ErrorAction.DeadLetter)}, or no {nameof(settings.DeadLetterTopic)}.";
        }
    }

    private static string Text(TimeSpan time) => time.ToString("c", CultureInfo.InvariantCulture);
}
