using System.Buffers;
using System.Text;

namespace ShmBus;

/// <summary>Which names a topic of a bus may have: those that are plain file names, and leave room for those of its lanes.</summary>
internal static class TopicNames
{
    // A file name has at most 255 bytes; a lane adds '.lane' and its number.
    private const int MaxBytes = 200;

    /// <exception cref="TopicNameException">The name cannot be used; it says why.</exception>
    internal static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Problem(name) is string problem)
        {
            throw new TopicNameException(name, problem);
        }
    }

    /// <summary>What is wrong with a name, or null.</summary>
    internal static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return "it is empty";
        }
        if (name[0] == '.')
        {
            return "it starts with '.', which hides files and leads to other directories";
        }
        for (int i = 0; i < name.Length;)
        {
            bool isWhole = Rune.DecodeFromUtf16(name.AsSpan(i), out Rune rune, out int length) == OperationStatus.Done;
            if (!isWhole || !(Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_' or '.'))
            {
                string shown = !isWhole ? "half of a character" : Rune.IsControl(rune) ? "a control character" : $"'{rune}'";
                return $"at index {i} stands {shown} (U+{(isWhole ? rune.Value : name[i]):X4}); expected letters, digits, '-', '_' and '.'";
            }
            i += length;
        }
        int bytes = Encoding.UTF8.GetByteCount(name);
        return bytes > MaxBytes ? $"it has {bytes} bytes in UTF-8; expected at most {MaxBytes}"
            : LaneFiles.IsName(name) ? "it ends as the file of a lane does, in '.lane' and a number"
            : null;
    }
}

/// <summary>A name cannot be that of a topic on a bus. Says what is wrong with which character.</summary>
public sealed class TopicNameException : ArgumentException
{
    internal TopicNameException(string name, string problem)
        : base($"'{name}' cannot be the name of a topic: {problem}.")
    {
        Name = name;
    }

    /// <summary>The name that was refused.</summary>
    public string Name { get; }
}
