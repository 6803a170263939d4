using ShmBus.Endpoints;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>A topic cannot be deleted: some living process uses it. Says which. Nothing was deleted.</summary>
public sealed class TopicInUseException : InvalidOperationException
{
    /// <param name="name">The topic.</param>
    /// <param name="path">Its file, or null where it has none.</param>
    /// <param name="holders">The endpoints that are alive.</param>
    internal TopicInUseException(string name, string? path, IReadOnlyList<EndpointInfo> holders)
        : base($"'{path ?? name}' cannot be deleted: it is in use, {Describe(path, holders)}. Dispose what has it open, or end those processes.")
    {
        Holders = holders;
    }

    /// <summary>The endpoints that are alive. None where it is open without one: whose <see cref="Topic"/> that is, the kernel does not tell.</summary>
    public IReadOnlyList<EndpointInfo> Holders { get; }

    private static string Describe(string? path, IReadOnlyList<EndpointInfo> holders) => holders.Count == 0
        ? path is null ? "by a Topic that is not disposed" : $"by a process that has it open and no endpoint ('fuser {path}' shows which)"
        : "by " + string.Join(", ", holders.Select(static holder => $"the {(holder.Role == EndpointRole.Publisher ? "publisher" : "subscriber")} of {holder}"));
}
