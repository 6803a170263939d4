using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ShmBus.Serialization;

/// <summary>
/// What the messages of a type look like on the wire. A topic keeps the contract of its typed endpoints; whoever comes with another one
/// is refused, unless the two only differ by members that the other side can do without.
/// </summary>
/// <remarks>
/// <para>A shape is a text. One of the form below is compared member by member; any other must be the same, or begin with all of
/// the other and a blank: then one of them only says more.</para>
/// <para>
/// The first definition is the message itself, the others are the types of its members:
/// <c>Order{0:guid,1:str,2:[Line]} Line{0:str,1:i32}</c>. What stands in braces may have other members elsewhere, but not a
/// member of the same key and another type, nor one whose key is only spelled otherwise (<c>orderId</c>, <c>order_id</c>); one whose type ends in <c>!</c> is required, and must be there on both sides. What stands in
/// parentheses must be the same on both sides: <c>Figure(0:Circle,1:Square)</c>. Names, keys and types have no blanks and no commas.
/// </para>
/// </remarks>
public sealed class MessageContract : IEquatable<MessageContract>
{
    /// <summary>A contract.</summary>
    /// <param name="format">How values become bytes: <c>msgpack</c>, <c>json</c> and the like. No blanks.</param>
    /// <param name="name">The type of the messages, as a rule its full name. No blanks.</param>
    /// <param name="shape">The members and their types; empty if nothing is to be said.</param>
    /// <exception cref="ArgumentException">Format or name are empty or have blanks, or the shape has control characters, or one of them is no Unicode text.</exception>
    public MessageContract(string format, string name, string shape = "")
    {
        CheckWord(format, nameof(format));
        CheckWord(name, nameof(name));
        ArgumentNullException.ThrowIfNull(shape);
        if (!IsLine(shape))
        {
            throw new ArgumentException("A shape is one line of text, without control characters, and without half of a pair of surrogates.", nameof(shape));
        }
        Format = format;
        Name = name;
        Shape = shape;
    }

    /// <summary>How values become bytes.</summary>
    public string Format { get; }

    /// <summary>The type of the messages.</summary>
    public string Name { get; }

    /// <summary>The members and their types.</summary>
    public string Shape { get; }

    /// <summary>Format, name and shape, with blanks between: what a topic keeps, and what <see cref="TryParse"/> takes.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Shape.Length == 0 ? $"{Format} {Name}" : $"{Format} {Name} {Shape}";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <param name="contract">The contract.</param>
    /// <returns>False where it is none.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out MessageContract? contract)
    {
        ArgumentNullException.ThrowIfNull(text);
        contract = null;
        string[] parts = text.Split(' ', 3);
        if (parts.Length < 2 || !IsWord(parts[0]) || !IsWord(parts[1]) || !IsLine(text))
        {
            return false;
        }
        contract = new MessageContract(parts[0], parts[1], parts.Length == 3 ? parts[2] : "");
        return true;
    }

    /// <summary>The same under another name: that of the type, and without its namespace, as in any contract, of the first definition of its shape.</summary>
    internal MessageContract Renamed(string name)
    {
        int end = Shape.IndexOfAny(['{', '(']);
        string own = name.Split('.')[^1] is { Length: > 0 } last ? last : name;
        return new MessageContract(Format, name, MessageShape.TryParse(Shape, out _) ? own + Shape[end..] : Shape);
    }

    /// <summary>
    /// What holds on a topic where endpoints of this contract and of another meet: the members of both.
    /// </summary>
    /// <param name="other">The other contract.</param>
    /// <param name="joined">Both together; equal to this one where the other adds nothing.</param>
    /// <param name="difference">What keeps them apart, as the end of a sentence; else null.</param>
    /// <returns>Whether they agree.</returns>
    public bool TryJoin(MessageContract other, [NotNullWhen(true)] out MessageContract? joined, [NotNullWhen(false)] out string? difference)
    {
        ArgumentNullException.ThrowIfNull(other);
        joined = null;
        difference = Format != other.Format ? $"the format is {Format} here and {other.Format} there"
            : Name != other.Name ? $"the type is {Name} here and {other.Name} there"
            : null;
        if (difference is not null)
        {
            return false;
        }
        if (Shape == other.Shape)
        {
            joined = this;
            return true;
        }
        bool isForm = MessageShape.TryParse(Shape, out MessageShape? mine), isItsForm = MessageShape.TryParse(other.Shape, out MessageShape? its);
        if (isForm && isItsForm)
        {
            difference = mine!.Difference(its!);
            if (difference is null)
            {
                string shape = mine!.Join(its!).ToString();
                joined = shape == Shape ? this : new MessageContract(Format, Name, shape);
                return true;
            }
            return false;
        }
        joined = isForm || isItsForm ? null : SaysMore(other) ? this : other.SaysMore(this) ? other : null;
        difference = joined is null ? "the shapes differ" : null;
        return joined is not null;
    }

    /// <inheritdoc/>
    public bool Equals(MessageContract? other) => other is not null && Format == other.Format && Name == other.Name && Shape == other.Shape;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MessageContract);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Format, Name, Shape);

    private bool SaysMore(MessageContract other) => other.Shape.Length > 0 && Shape.Length > other.Shape.Length &&
        Shape[other.Shape.Length] == ' ' && Shape.StartsWith(other.Shape, StringComparison.Ordinal);

    private static bool IsWord(string text) => text.Length > 0 && !text.Any(char.IsWhiteSpace) && IsLine(text);

    /// <summary>Whether a text comes back as it was from where it is kept as UTF-8, and stands in one line there.</summary>
    private static bool IsLine(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int length) != OperationStatus.Done || Rune.IsControl(rune))
            {
                return false;
            }
            rest = rest[length..];
        }
        return true;
    }

    private static void CheckWord(string text, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        if (!IsWord(text))
        {
            throw new ArgumentException($"'{text}' is empty, or has blanks or what is no character.", parameter);
        }
    }
}
