using ShmBus.Endpoints;

namespace ShmBus.Tool.Doctor;

/// <summary>Messages that a living publisher has begun and does not finish: subscribers wait behind them for as long as it lives.</summary>
internal sealed class ClaimsCheck() : Check("claims")
{
    internal override IEnumerable<Finding> Look(Patient patient)
    {
        bool isWell = true;
        foreach ((string name, TopicSnapshot snapshot) in patient.Snapshots)
        {
            // Each living publisher has one for a moment in each message: only one that is there a second later is stuck.
            foreach (EndpointInfo endpoint in snapshot.Endpoints.Where(endpoint => endpoint is { IsAlive: true, OpenClaim: not null } && IsStillOpen(patient, name, endpoint)))
            {
                isWell = false;
                bool isStopped = RunningProcess.Of(patient.Root, endpoint) is { IsStopped: true };
                yield return Warning(name, $"the publisher in slot {endpoint.Slot}, {endpoint}, has had a message open at position {endpoint.OpenClaim} for a second or more",
                    $"Subscribers get nothing that was published after it, by whomever, until it is committed or its owner ends; {Bytes.Text(Behind(snapshot, endpoint))} wait behind it.",
                    isStopped ? $"The process is stopped: let it go on (kill -CONT {endpoint.ProcessId}), or end it."
                        : "Look what the process does between TryClaim and Commit (dotnet-stack). If it is ended, only this message is lost.");
            }
        }
        if (isWell)
        {
            yield return Ok(patient.Directory, "no publisher keeps a message open");
        }
    }

    private static bool IsStillOpen(Patient patient, string topic, EndpointInfo endpoint) =>
        patient.LookAgain(topic)?.Endpoints.FirstOrDefault(now => now.Role == endpoint.Role && now.Slot == endpoint.Slot) is EndpointInfo now &&
        now.IsAlive && now.Generation == endpoint.Generation && now.OpenClaim == endpoint.OpenClaim;

    /// <summary>The bytes of the ring from its claim on. (Positions begin at the capacity.)</summary>
    private static long Behind(TopicSnapshot snapshot, EndpointInfo endpoint) => Math.Max(0, snapshot.PublishedBytes + snapshot.Capacity - endpoint.OpenClaim!.Value);
}
