using System.Security.Cryptography;
using System.Text;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Serialization;

namespace ShmBus;

public sealed partial class Topic
{
    /// <summary>In the place of a shape for which the region has no room: its hash follows.</summary>
    private const string HashMark = "sha256:";

    /// <summary>How long one who writes another contract is waited for, which takes it a millisecond, unless it was stopped.</summary>
    private static readonly TimeSpan ContractPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What the messages look like, as the topic keeps it now: the members of all typed endpoints that were made here. Null where there were none. One
    /// system call.
    /// </summary>
    /// <exception cref="RegionException">It was damaged.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    public MessageContract? Contract => Parse(RegionContract.Read(_source));

    /// <summary>
    /// Sees to it that the messages of an endpoint are the topic's, before it is made: compares its contract with the one that the topic keeps, and has
    /// the topic keep what this one adds.
    /// </summary>
    /// <param name="contract">What the messages of the endpoint look like.</param>
    /// <exception cref="ContractMismatchException">They are others than the topic's.</exception>
    /// <exception cref="ArgumentException">Format and name are too long to be kept.</exception>
    /// <exception cref="TimeoutException">Another process has begun to write a contract, and was stopped.</exception>
    /// <exception cref="RegionException">What the topic keeps was damaged.</exception>
    /// <exception cref="ErrnoException">The system refused; it says what and why.</exception>
    internal void AgreeOn(MessageContract contract)
    {
        // Nearly always there is nothing to write: then no lock is needed, and one who only looks may do it, too.
        if (Missing(RegionContract.Read(_source), contract) is null || _source.IsReadOnly)
        {
            return;
        }
        long start = Environment.TickCount64;
        // The lock of the region is the holder's: its threads exclude each other by the holder itself.
        if (!Monitor.TryEnter(_source, ContractPatience))
        {
            throw Stopped();
        }
        try
        {
            SpinWait wait = default;
            while (!_source.TryLock(RegionDescriptor.ContractOffset))
            {
                // Whoever has the lock may write just what is missing.
                if (Missing(RegionContract.Read(_source), contract) is null)
                {
                    return;
                }
                if (Environment.TickCount64 - start > ContractPatience.TotalMilliseconds)
                {
                    throw Stopped();
                }
                wait.SpinOnce();
            }
            try
            {
                RegionContract kept = RegionContract.Read(_source);
                if (Missing(kept, contract) is byte[] text)
                {
                    kept.Replace(_source, text);
                }
            }
            finally
            {
                _source.Unlock(RegionDescriptor.ContractOffset);
            }
        }
        finally
        {
            Monitor.Exit(_source);
        }
    }

    /// <summary>What the region is to keep from now on, or null where it keeps it already.</summary>
    private byte[]? Missing(RegionContract region, MessageContract contract)
    {
        if (Parse(region) is not MessageContract kept)
        {
            return RegionContract.TryCompress(contract.ToString()) ?? RegionContract.TryCompress(Hashed(contract).ToString())
                ?? throw new ArgumentException($"Format and name of the contract are too long to be kept: '{contract.Format} {contract.Name}'.", nameof(contract));
        }
        // In the words of who came: here is this process.
        if (!contract.TryJoin(kept, out _, out string? difference))
        {
            bool isHashed = kept.Shape.StartsWith(HashMark, StringComparison.Ordinal) && (kept.Format, kept.Name) == (contract.Format, contract.Name);
            return isHashed && kept.Equals(Hashed(contract)) ? null : throw Mismatch(kept, contract, isHashed
                ? "the shape was too large to be kept, but for its hash, and is another one here; of such a shape even additions are refused"
                : $"{difference} (here is this process, there is the topic)");
        }
        _ = kept.TryJoin(contract, out MessageContract? joined, out _);
        return kept.Equals(joined) ? null : RegionContract.TryCompress(joined!.ToString())
            ?? throw Mismatch(kept, contract, "the members of both together are too many to be kept");
    }

    private MessageContract? Parse(in RegionContract region)
    {
        if (region.Text is null)
        {
            return null;
        }
        return MessageContract.TryParse(region.Text, out MessageContract? contract) ? contract
            : throw new RegionFormatException(_source.DisplayPath, "the contract that it keeps was damaged: what is written there is none");
    }

    /// <summary>The contract with the hash of its shape in the place of that.</summary>
    private static MessageContract Hashed(MessageContract contract) =>
        new(contract.Format, contract.Name, HashMark + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(contract.Shape))));

    private ContractMismatchException Mismatch(MessageContract kept, MessageContract given, string difference) =>
        new(_source.DisplayPath, kept, given, difference);

    private TimeoutException Stopped() => new(
        $"Another process has begun to write the contract of the topic '{_source.DisplayPath}', and did not come to an end within {ContractPatience}. " +
        $"It may have been stopped ({(Path is null ? "ask whoever has the topic" : $"'fuser {Path}' shows who has the topic open")}): let it go on, or end it.");
}
