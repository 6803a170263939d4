namespace ShmBus.Hosting.Diagnostics;

/// <summary>The names of what is done to messages, as the conventions have them.</summary>
internal static class MessagingOperation
{
    internal const string Send = "send";
    internal const string Process = "process";
}
