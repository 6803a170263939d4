using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>Two byte streams through the kernel, one in, one out. Both block.</summary>
internal abstract class Duplex : IDisposable
{
    /// <summary>In main: returns when the peer has opened its end, where that can be told.</summary>
    public abstract void Connect();

    /// <summary>Reads what is there, at least one byte. No bytes means that the other side has closed.</summary>
    public abstract int Read(Span<byte> buffer);

    public abstract void Write(ReadOnlySpan<byte> bytes);

    public abstract void Dispose();
}

/// <summary>The same by bare descriptors: the least that .NET can put around the system calls.</summary>
internal abstract class DescriptorDuplex : Duplex
{
    protected int In { get; set; } = -1;

    protected int Out { get; set; } = -1;

    public sealed override int Read(Span<byte> buffer) => Descriptor.Read(In, buffer);

    public sealed override void Write(ReadOnlySpan<byte> bytes) => Descriptor.WriteAll(Out, bytes);
}

/// <summary>The same by two streams of .NET's, or one that goes both ways.</summary>
internal abstract class StreamDuplex : Duplex
{
    protected Stream? In { get; set; }

    protected Stream? Out { get; set; }

    public sealed override int Read(Span<byte> buffer) => In!.Read(buffer);

    public sealed override void Write(ReadOnlySpan<byte> bytes) => Out!.Write(bytes);

    public override void Dispose()
    {
        In?.Dispose();
        Out?.Dispose();
    }
}
