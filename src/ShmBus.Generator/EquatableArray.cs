using System.Collections;
using System.Collections.Immutable;

namespace ShmBus.Generator;

/// <summary>An array that is equal to another if its elements are, so that the compiler sees what has not changed.</summary>
internal readonly struct EquatableArray<T>(ImmutableArray<T> elements) : IEquatable<EquatableArray<T>>, IReadOnlyList<T>
    where T : IEquatable<T>
{
    private ImmutableArray<T> Elements => elements.IsDefault ? [] : elements;

    public int Count => Elements.Length;

    public T this[int index] => Elements[index];

    public bool Equals(EquatableArray<T> other) => Elements.SequenceEqual(other.Elements);

    public override bool Equals(object? obj) => obj is EquatableArray<T> other && Equals(other);

    public override int GetHashCode() => Elements.Aggregate(Count, static (hash, element) => unchecked(hash * 31 + element.GetHashCode()));

    public IEnumerator<T> GetEnumerator() => Elements.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

internal static class EquatableArray
{
    internal static EquatableArray<T> ToEquatable<T>(this IEnumerable<T> elements) where T : IEquatable<T> => new([.. elements]);
}
