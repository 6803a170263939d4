namespace ShmBus.Tests.Support;

/// <summary>Where a topic lies, for fixtures that run for both.</summary>
public enum Place
{
    File,
    InProcess,
}

internal static class Places
{
    /// <summary>Makes a topic there.</summary>
    internal static Topic CreateTopic(this Place place, TestDirectory directory, TopicOptions options) =>
        place == Place.File ? Topic.OpenOrCreate(directory.File("topic"), options) : Topic.CreateInProcess(options);
}
