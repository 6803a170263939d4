using System.Diagnostics;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Handling;

/// <summary>A message on its way through a handler: its content, and the bytes of it, which are this object's own. Used again for another.</summary>
internal sealed class Delivery<T>
{
    private byte[] _buffer = [];
    private int _length;

    internal T Message { get; private set; } = default!;

    internal MessageContext Context { get; private set; }

    /// <summary>The span that published it.</summary>
    internal ActivityContext Parent { get; private set; }

    /// <summary>What it carried besides.</summary>
    internal MessageExtras Extras { get; private set; }

    /// <summary>Why it could not be deserialized; null if it could.</summary>
    internal Exception? Failure { get; private set; }

    internal ReadOnlyMemory<byte> Payload => _buffer.AsMemory(0, _length);

    /// <summary>Whether it was dealt with; false also while it is not known.</summary>
    internal bool IsDone { get; set; }

    /// <summary>Whether it is one of the library's own, which nobody handles.</summary>
    internal bool IsMark { get; private set; }

    internal MessageReceipt Receipt { get; set; }

    internal void Set(in Message message, string topic, bool withParent, bool withExtras)
    {
        ReadOnlySpan<byte> payload = message.Payload;
        if (_buffer.Length < payload.Length)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(256, payload.Length * 2));
        }
        payload.CopyTo(_buffer);
        _length = payload.Length;
        IsDone = IsMark = false;
        Context = new MessageContext
        {
            Topic = topic, Position = message.Position, Type = message.Type, Timestamp = message.Timestamp, CorrelationId = message.CorrelationId, Attempt = 1,
        };
        Parent = withParent ? message.GetParentContext() : default;
        Extras = withExtras
            ? new MessageExtras { Timestamp = message.Timestamp, CorrelationId = message.CorrelationId, TraceContext = message.TraceContext, TraceState = System.Text.Encoding.UTF8.GetString(message.TraceState) }
            : default;
    }

    internal void Deserialize(IMessageSerializer<T> serializer)
    {
        Clear();
        try
        {
            serializer.Deserialize(new MessagePayload(Payload), out T content);
            Message = content;
        }
        catch (Exception exception)
        {
            Failure = exception;
        }
    }

    internal void SetMark() => IsDone = IsMark = true;

    /// <summary>Lets go of the content.</summary>
    internal void Clear()
    {
        Message = default!;
        Failure = null;
    }
}
