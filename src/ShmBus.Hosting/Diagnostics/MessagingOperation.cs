namespace ShmBus.Hosting.Diagnostics;

/// <summary>The names, and types, of what is done to messages, as the conventions have them.</summary>
internal static class MessagingOperation
{
    internal const string Send = "send";
    internal const string Receive = "receive";
    internal const string Process = "process";
}
