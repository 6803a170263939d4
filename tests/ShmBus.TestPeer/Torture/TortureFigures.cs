using System.Globalization;

namespace ShmBus.TestPeer.Torture;

/// <summary>What went on in a round, or in all of them.</summary>
/// <param name="PublisherKills">Processes of publishers that were killed.</param>
/// <param name="Publishers">Publishers in those, some on threads side by side.</param>
/// <param name="Unnoted">Publishers that were killed between the note of what they set out to do and the note that it is done.</param>
/// <param name="Arrived">What of that arrived all the same.</param>
/// <param name="Recoveries">Endpoints that took over after a kill, and got something done.</param>
/// <param name="Losses">Claims of the dead that were passed by, as the subscribers' event told.</param>
/// <param name="SlotLosses">The same, as the subscriber's slot tells; kills of subscribers may hide or repeat one each.</param>
/// <param name="InHand">At most once: messages that died with the subscriber that had them in hand.</param>
/// <param name="Visits">Of subscribers without a place, which came to their end.</param>
/// <param name="Visited">Messages that those got.</param>
internal readonly record struct TortureFigures(
    long PublisherKills, long Publishers, long SubscriberKills, long Stops, long Messages, long Bytes, long Batches, long Unnoted, long Arrived,
    long Recoveries, long Losses, long SlotLosses, long Redeliveries, long InHand, long Visits, long Visited)
{
    public static TortureFigures operator +(in TortureFigures a, in TortureFigures b) => new(
        a.PublisherKills + b.PublisherKills, a.Publishers + b.Publishers, a.SubscriberKills + b.SubscriberKills, a.Stops + b.Stops,
        a.Messages + b.Messages, a.Bytes + b.Bytes, a.Batches + b.Batches, a.Unnoted + b.Unnoted, a.Arrived + b.Arrived,
        a.Recoveries + b.Recoveries, a.Losses + b.Losses, a.SlotLosses + b.SlotLosses, a.Redeliveries + b.Redeliveries, a.InHand + b.InHand,
        a.Visits + b.Visits, a.Visited + b.Visited);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{PublisherKills:n0} publisher kills ({Publishers:n0} publishers), {SubscriberKills:n0} subscriber kills, {Stops:n0} stops, {Recoveries:n0} recoveries, " +
        $"{Messages:n0} messages ({Bytes >> 20:n0} MiB, {Batches:n0} batches), {Unnoted:n0} kills in the middle ({Arrived:n0} arrived), " +
        $"{Losses:n0} losses told ({SlotLosses:n0} by the slot), {Redeliveries:n0} redeliveries, {InHand:n0} lost in hand") +
        (Visits == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {Visits:n0} visits ({Visited:n0} messages)"));
}
