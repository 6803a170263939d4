using ShmBus.Rings;

namespace ShmBus.TestPeer;

/// <summary>
/// An endless row of things to publish, by each way there is, that both sides can work out: a step is one record, with a message or a
/// batch in it, and maybe an aborted claim behind it. The type of a message tells its number: the step, times 8, and its place in
/// the batch. Linked into the tests as well.
/// </summary>
internal sealed class Steps(ulong seed, int maxLength)
{
    internal const int MostInBatch = 8;

    private const int Ways = 6;
    private const int Batch = 3;
    private const int WithAborted = 2;

    private readonly NumberedMessages _messages = new(seed, maxLength);
    private readonly MessageBatch _batch = new();

    /// <summary>Publishes a step; waits for room.</summary>
    internal void Publish(Publisher publisher, long step)
    {
        long number = step * MostInBatch;
        uint type = (uint)number;
        switch (step % Ways)
        {
            case 0:
                Claim whole = Claim(publisher, _messages.Length(number), type);
                _messages.Fill(number, whole.Payload);
                whole.Commit();
                break;
            case 1:
                Claim longer = Claim(publisher, Claimed(step), type);
                _messages.Fill(number, longer.Payload[.._messages.Length(number)]);
                longer.Commit(_messages.Length(number));
                break;
            case WithAborted:
                publisher.Publish(_messages[number], type);
                Claim aborted = Claim(publisher, AbortedLength(step), type);
                aborted.Payload.Fill(0xEE);
                aborted.Dispose();
                break;
            case Batch:
                _batch.Clear();
                for (int i = 0; i < Count(step); i++)
                {
                    _batch.Add(_messages[number + i], type + (uint)i);
                }
                if (_batch.Count > 0)
                {
                    publisher.Publish(_batch);
                    break;
                }
                goto default;
            default:
                publisher.Publish(_messages[number], type);
                break;
        }
    }

    /// <summary>Throws unless this is the message of that number.</summary>
    internal void Verify(long number, ReadOnlySpan<byte> payload) => _messages.Verify(number, payload);

    /// <summary>How many messages its batch has; 0: it is none.</summary>
    internal int Count(long step)
    {
        int count = 0;
        if (step % Ways == Batch)
        {
            ulong length = 0;
            for (int most = 1 + (int)(step / Ways % MostInBatch); count < most; count++)
            {
                length += RecordDescriptor.BatchExtent((uint)_messages.Length(step * MostInBatch + count));
                if (length > (ulong)maxLength)
                {
                    break;
                }
            }
        }
        return count;
    }

    /// <summary>The bytes that its record takes up in the ring.</summary>
    internal long Extent(long step) => (long)RecordDescriptor.Extent((uint)Claimed(step));

    /// <summary>The bytes that the aborted claim behind it takes up in the ring; 0 for none.</summary>
    internal long AbortedExtent(long step) => step % Ways == WithAborted ? (long)RecordDescriptor.Extent((uint)AbortedLength(step)) : 0;

    private int AbortedLength(long step) => _messages.Length(~step);

    private int Claimed(long step)
    {
        long number = step * MostInBatch;
        int length = 0;
        for (int i = 0; i < Count(step); i++)
        {
            length += (int)RecordDescriptor.BatchExtent((uint)_messages.Length(number + i));
        }
        return length > 0 ? length : Math.Min(_messages.Length(number) + (step % Ways == 1 ? (int)(step % 64) : 0), maxLength);
    }

    private static Claim Claim(Publisher publisher, int length, uint type)
    {
        Claim claim;
        while (!publisher.TryClaim(length, type, out claim))
        {
            publisher.WaitToPublish(length, Timeout.InfiniteTimeSpan);
        }
        return claim;
    }
}
