using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Rings;

namespace ShmBus;

// Messages with extras. Everything that is not a plain message comes here: one for which extras are given, all while some are
// added by themselves, and those that are too long.
public sealed unsafe partial class Publisher
{
    /// <summary>The block in front of the payload of the open claim, where that has one.</summary>
    private ExtrasBlock _claimedBlock;

    /// <summary>
    /// Whether each message carries the time at which it was published, or claimed (<see cref="Message.Timestamp"/>), unless another is
    /// given. Off by default. Costs 16 bytes and a look at the clock. Messages of a batch carry none. For the publishing thread to set.
    /// </summary>
    public bool AddsTimestamp
    {
        get;
        set
        {
            field = value;
            ChoosePath();
        }
    }

    /// <summary>
    /// Whether each message carries the trace of <see cref="System.Diagnostics.Activity.Current"/> as its publisher has it then
    /// (<see cref="Message.TraceContext"/>), unless another is given or there is none. Off by default. Costs 40 bytes, and those of a
    /// trace state. Messages of a batch carry none. For the publishing thread to set.
    /// </summary>
    public bool AddsTraceContext
    {
        get;
        set
        {
            field = value;
            ChoosePath();
        }
    }

    /// <summary>Publishes a copy of the payload, with extras, if there is room now. Does not block.</summary>
    /// <param name="payload">The bytes. With the extras (<see cref="MessageExtras.Length"/>) at most <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <inheritdoc cref="TryPublish(ReadOnlySpan{byte}, uint)"/>
    public bool TryPublish(ReadOnlySpan<byte> payload, uint type, in MessageExtras extras)
    {
        MessageExtras all = WithOwn(extras, out ExtrasBlock block);
        uint length = CheckLength(payload.Length, block);
        Enter();
        if (!_ring.TryClaim(length, type, out byte* place) && !FindPlaceOrLeave(length, type, out place))
        {
            return false;
        }
        PublishInside(payload, place, all, block);
        return true;
    }

    /// <summary>Publishes a copy of the payload, with extras; waits for room as the strategy says.</summary>
    /// <param name="payload">The bytes. With the extras (<see cref="MessageExtras.Length"/>) at most <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="Publish(ReadOnlySpan{byte}, CancellationToken)"/>
    public void Publish(ReadOnlySpan<byte> payload, uint type, in MessageExtras extras, CancellationToken cancellationToken = default)
    {
        MessageExtras all = WithOwn(extras, out ExtrasBlock block);
        uint length = CheckLength(payload.Length, block);
        Enter();
        byte* place;
        while (!_ring.TryClaim(length, type, out place))
        {
            WaitInside(length, Timeout.InfiniteTimeSpan, cancellationToken);
        }
        PublishInside(payload, place, all, block);
    }

    /// <summary>Claims space to write a payload in place, with extras, if there is room now. Does not block, does not allocate.</summary>
    /// <param name="length">The bytes to claim. With the extras (<see cref="MessageExtras.Length"/>) at most <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <param name="claim">The space; commit or dispose it before anything else is done with this publisher.</param>
    /// <inheritdoc cref="TryClaim(int, out Claim)"/>
    public bool TryClaim(int length, uint type, scoped in MessageExtras extras, out Claim claim) =>
        Hold(TryClaimExtended(length, type, extras), length, out claim);

    internal void CommitExtended(uint claimed, uint length)
    {
        _ring.CommitExtended((uint)_claimedBlock.Size + claimed, length);
        Published(1);
    }

    internal void AbortExtended(uint claimed) => Abort((uint)_claimedBlock.Size + claimed);

    // Not inlined, and nothing but values in and out: in a method that publishes plain messages, extras would have their place
    // on the stack cleared for each, and a claim whose address is taken would live there.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryPublishOther(ReadOnlySpan<byte> payload, uint type) => TryPublish(payload, type, default);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PublishOther(ReadOnlySpan<byte> payload, uint type, CancellationToken cancellationToken) =>
        Publish(payload, type, default(MessageExtras), cancellationToken);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* TryClaimOther(int length, uint type) => TryClaimExtended(length, type, default);

    /// <summary>Claims, and writes the block; where the payload goes, or null when the ring is full.</summary>
    private byte* TryClaimExtended(int length, uint type, in MessageExtras extras)
    {
        MessageExtras all = WithOwn(extras, out ExtrasBlock block);
        uint whole = CheckLength(length, block);
        EnterWith(ClaimOpen);
        if (!_ring.TryClaim(whole, type, out byte* place) && !FindPlaceOrLeave(whole, type, out place))
        {
            return null;
        }
        _claimedBlock = block;
        if (block.Size > 0)
        {
            all.Write(new Span<byte>(place, block.Size), block);
        }
        return place + block.Size;
    }

    /// <summary>The claim that was made just now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Hold(byte* payload, int length, out Claim claim)
    {
        if (payload is null)
        {
            claim = default;
            return false;
        }
        claim = new Claim(this, _ring.ClaimPosition | (_claimedBlock.Size > 0 ? Claim.Extended : 0), MemoryMarshal.CreateSpan(ref *payload, length));
        return true;
    }

    private void PublishInside(ReadOnlySpan<byte> payload, byte* place, in MessageExtras extras, ExtrasBlock block)
    {
        if (block.Size == 0)
        {
            PublishInside(payload, place);
            return;
        }
        extras.Write(new Span<byte>(place, block.Size), block);
        payload.CopyTo(new Span<byte>(place + block.Size, payload.Length));
        _ring.CommitExtended((uint)(block.Size + payload.Length), (uint)payload.Length);
        Published(1);
    }

    /// <summary>What a message carries when these were given for it. The time that is added is that of writing it, after any wait.</summary>
    private MessageExtras WithOwn(in MessageExtras extras, out ExtrasBlock block)
    {
        MessageExtras all = AddsTraceContext ? extras.WithCurrentTrace() : extras;
        block = all.Shape(AddsTimestamp ? ExtrasFields.Timestamp : ExtrasFields.None);
        return all;
    }

    /// <summary>What a payload takes up with the extras that are added by themselves.</summary>
    // Not inlined: a loop that claims and waits would clear the place of extras on its stack for each message.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint LengthToWaitFor(int length)
    {
        CheckLength(length);
        _ = WithOwn(default, out ExtrasBlock added);
        // Where one is given that would be added, less is needed: never more than the topic takes.
        return Math.Min((uint)(length + added.Size), _maxLength);
    }

    /// <summary>With extras that are added by themselves, no message is a plain one.</summary>
    private void ChoosePath() => _plainLengths = AddsTimestamp || AddsTraceContext ? 0 : _maxLength + 1;

    /// <summary>The bytes of a payload and its block; throws where the topic does not take them.</summary>
    private uint CheckLength(int length, ExtrasBlock block)
    {
        // The longest block is shorter than a quarter of the smallest ring.
        if ((uint)length > _maxLength - (uint)block.Size)
        {
            ThrowLength(length, block.Size);
        }
        return (uint)(block.Size + length);
    }
}
