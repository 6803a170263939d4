using System.Diagnostics;

namespace ShmBus.TestPeer;

/// <summary>PATH: publishes one message within an activity, whose id and trace state it says.</summary>
internal static class ActivityCommand
{
    internal static int Run(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Publisher publisher = topic.CreatePublisher();
        publisher.AddsTraceContext = true;
        using Activity activity = new("publishing") { ActivityTraceFlags = ActivityTraceFlags.Recorded, TraceStateString = "vendor=1" };
        activity.SetIdFormat(ActivityIdFormat.W3C).Start();
        publisher.Publish("in an activity"u8);
        Console.WriteLine(activity.Id);
        return 0;
    }
}
