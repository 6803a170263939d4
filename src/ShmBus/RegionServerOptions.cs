using ShmBus.Native;
using ShmBus.Passing;

namespace ShmBus;

/// <summary>Whom a <see cref="RegionServer"/> serves, and how many.</summary>
public sealed record RegionServerOptions
{
    /// <summary>
    /// The users whose processes are served; the one of this process only if it is among them. Empty and without
    /// <see cref="AllowedGroups"/>: only the user of this process.
    /// </summary>
    public IReadOnlyCollection<uint> AllowedUsers { get; init; } = [];

    /// <summary>The groups whose members are served, whoever they are: by the group of the process, or one of its further groups.</summary>
    public IReadOnlyCollection<uint> AllowedGroups { get; init; } = [];

    /// <summary>
    /// Decides on each request of those who are served; null grants what was offered. Called on the thread pool, for several peers at once; a
    /// request for which it throws is refused.
    /// </summary>
    public Func<RegionRequest, bool>? Authorize { get; init; }

    /// <summary>
    /// How many connections there may be at once, each with its endpoints; 256 unless told. One more is refused.
    /// </summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>How many of them may be of one user; 64 unless told. So one user cannot keep the others out.</summary>
    public int MaxConnectionsPerUser { get; init; } = 64;

    /// <summary>How many endpoints may be granted over one connection in all; 16 unless told.</summary>
    public int MaxGrants { get; init; } = 16;

    /// <summary>How long a connection may stay without having been granted anything; 5 s unless told.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    internal void Check()
    {
        RefuseUnlessPositive(MaxConnections, nameof(MaxConnections));
        RefuseUnlessPositive(MaxConnectionsPerUser, nameof(MaxConnectionsPerUser));
        RefuseUnlessPositive(MaxGrants, nameof(MaxGrants));
        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentException($"{nameof(RequestTimeout)} is {RequestTimeout}; expected more than none, and a day at most.");
        }
    }

    /// <summary>Why somebody is not served, or null.</summary>
    internal string? WhyNot(PeerCredentials peer)
    {
        bool isAllowed = AllowedUsers.Count + AllowedGroups.Count == 0
            ? peer.UserId == Libc.geteuid()
            : AllowedUsers.Contains(peer.UserId) || AllowedGroups.Contains(peer.GroupId) || peer.Groups.Any(AllowedGroups.Contains);
        return isAllowed ? null : $"user {peer.UserId} is not among those who are served here";
    }

    private static void RefuseUnlessPositive(int number, string name)
    {
        if (number < 1)
        {
            throw new ArgumentException($"{name} is {number}; expected at least 1.");
        }
    }
}

/// <summary>What a peer asks a <see cref="RegionServer"/> for.</summary>
/// <param name="Peer">Who asks, by the kernel's word.</param>
/// <param name="Topic">The name of the topic; as the peer wrote it, but it is one that is offered.</param>
/// <param name="Grant">What it wants to do there; one of the flags.</param>
/// <param name="Contract">What it says about the messages; empty if it says nothing.</param>
public sealed record RegionRequest(PeerCredentials Peer, string Topic, RegionGrants Grant, string Contract);
