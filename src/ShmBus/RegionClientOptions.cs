using ShmBus.Native;
using ShmBus.Passing;

namespace ShmBus;

/// <summary>What a <see cref="RegionClient"/> expects.</summary>
public sealed record RegionClientOptions
{
    /// <summary>
    /// The users whose servers are accepted: anybody can listen at an address that is free. Empty: the user of this process, and root.
    /// </summary>
    public IReadOnlyCollection<uint> ServerUsers { get; init; } = [];

    /// <summary>What is expected of the messages: see the server's. Empty for anything.</summary>
    public string Contract { get; init; } = "";

    /// <summary>
    /// How this process maps the regions and waits (<see cref="TopicOptions.PopulateLimit"/>, <see cref="TopicOptions.Lock"/>,
    /// <see cref="TopicOptions.HugePages"/>, <see cref="TopicOptions.AllowSynchronousContinuations"/>), and whether it trusts who else is there
    /// (<see cref="TopicOptions.TrustPeers"/>).
    /// </summary>
    public TopicOptions Topic { get; init; } = TopicOptions.Default;

    /// <summary>Whether every topic must have been made as <see cref="Topic"/> says, as with <see cref="ShmBus.Topic.OpenOrCreate"/>. Off unless told.</summary>
    public bool RequireSameTopic { get; init; }

    /// <summary>How long an answer is waited for; 10 s unless told.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    internal void Check()
    {
        HandoverMessage.CheckText(Contract, nameof(Contract));
        _ = Topic.ToRegionOptions(mayHaveEventfds: true);
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentException($"{nameof(Timeout)} is {Timeout}; expected more than none, and a day at most.");
        }
    }

    internal bool Accepts(PeerCredentials server) => ServerUsers.Count == 0
        ? server.UserId == Libc.geteuid() || server.UserId == 0
        : ServerUsers.Contains(server.UserId);
}
