namespace ShmBus.Tests.Support;

/// <summary>Where a topic lies, for fixtures that run for each.</summary>
public enum Place
{
    File,
    InProcess,

    /// <summary>In a memfd, woken through eventfds.</summary>
    Eventfds,
}

internal static class Places
{
    /// <summary>Makes a topic there.</summary>
    internal static Topic CreateTopic(this Place place, TestDirectory directory, TopicOptions options) =>
        place switch
        {
            Place.File => Topic.OpenOrCreate(directory.File("topic"), options),
            Place.InProcess => Topic.CreateInProcess(options),
            _ => Topic.CreateAnonymous(options with { Eventfds = true }),
        };
}
