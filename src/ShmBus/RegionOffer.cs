using ShmBus.Passing;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>A topic that can be asked for: one for all peers, or one for each.</summary>
/// <param name="Grants">What may be asked for.</param>
/// <param name="Contract">What is said about the messages; must be the peer's where both say something.</param>
/// <param name="Shared">The topic for all, or null.</param>
/// <param name="Options">Of the topics of each, or null.</param>
/// <param name="OnPeer">Told of the topic of a peer before that gets it.</param>
internal sealed record RegionOffer(RegionGrants Grants, string Contract, Topic? Shared, TopicOptions? Options, Action<PeerCredentials, Topic>? OnPeer)
{
    /// <summary>Why a topic cannot be handed over, or null.</summary>
    internal static string? WhyNot(Topic topic) => topic.Source is RegionFile { Path: null, IsPassed: false } ? null
        : "only an anonymous topic can be handed over (Topic.CreateAnonymous): one with a path is opened by that, and one within the process is nowhere else";
}
