using Microsoft.Extensions.Options;

namespace ShmBus.Hosting;

/// <summary>Finds what is wrong with the options before anything is started, and names each by its path.</summary>
internal sealed class ShmBusOptionsValidator(Registrations registrations) : IValidateOptions<ShmBusOptions>
{
    public ValidateOptionsResult Validate(string? name, ShmBusOptions options)
    {
        ValidateOptionsResultBuilder result = new();
        foreach ((string topic, TopicSettings settings) in options.Topics)
        {
            Check(result, $"{ShmBusOptions.SectionName}:{nameof(options.Topics)}:{topic}", settings.Capacity > 0 && registrations.All.Count > 0, "expected");
        }
        return result.Build();
    }

    private static void Check(ValidateOptionsResultBuilder result, string path, bool isRight, string expected)
    {
        if (!isRight)
        {
            result.AddError($"{path}: {expected}");
        }
    }
}
