using ShmBus.Tool.Native;

namespace ShmBus.Tool.Moving;

/// <summary>Cuts standard input, or a file, into messages.</summary>
internal sealed class InputMessages(int maxLength, CancellationToken cancellation)
{
    /// <summary>In pieces of a length; the last may be shorter. What has come is not held back until a piece is full.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Pieces(FileInfo? file, int length)
    {
        using FileStream? stream = file?.OpenRead();
        byte[] buffer = new byte[length];
        int count;
        while ((count = Read(stream, buffer)) > 0)
        {
            yield return buffer.AsMemory(0, count);
        }
    }

    /// <summary>Each piece up to a delimiter, without it.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Delimited(FileInfo? file, byte[] delimiter)
    {
        using FileStream? stream = file?.OpenRead();
        byte[] buffer = new byte[maxLength + delimiter.Length];
        int begin = 0, length = 0, searched = 0;
        while (true)
        {
            int found = buffer.AsSpan(begin + searched, length - searched).IndexOf(delimiter);
            if (found >= 0)
            {
                yield return buffer.AsMemory(begin, searched + found);
                int used = searched + found + delimiter.Length;
                (begin, length, searched) = (begin + used, length - used, 0);
                continue;
            }
            if (length == buffer.Length)
            {
                throw new ToolException(ExitCode.Usage,
                    $"A message of the input is longer than the {maxLength} bytes that the topic takes: make a topic with a larger capacity, or send the input in pieces by --chunk.");
            }
            // A delimiter may have come in part.
            searched = Math.Max(0, length - delimiter.Length + 1);
            buffer.AsSpan(begin, length).CopyTo(buffer);
            begin = 0;
            int count = Read(stream, buffer.AsSpan(length));
            if (count == 0)
            {
                if (length > 0)
                {
                    yield return Whole(buffer.AsMemory(0, length));
                }
                yield break;
            }
            length += count;
        }
    }

    /// <summary>All of it as one message.</summary>
    internal ReadOnlyMemory<byte> Whole(FileInfo? file)
    {
        using FileStream? stream = file?.OpenRead();
        byte[] buffer = new byte[maxLength + 1];
        int length = 0;
        for (int count = 1; count > 0 && length < buffer.Length; length += count)
        {
            count = Read(stream, buffer.AsSpan(length));
        }
        return Whole(buffer.AsMemory(0, length));
    }

    private ReadOnlyMemory<byte> Whole(ReadOnlyMemory<byte> message) => message.Length <= maxLength ? message
        : throw new ToolException(ExitCode.Usage,
            $"The input is longer than the {maxLength} bytes that a message of the topic can have: make a topic with a larger capacity, or send it in pieces by --chunk.");

    private int Read(FileStream? stream, Span<byte> bytes)
    {
        cancellation.ThrowIfCancellationRequested();
        return stream?.Read(bytes) ?? Descriptors.Read(Descriptors.Input, bytes, cancellation);
    }
}
