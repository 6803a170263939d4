namespace ShmBus.MessagePack;

/// <summary>
/// What a reader allows. Whatever stands here, lengths and counts are checked against the data that are left, and nothing is allocated for
/// what is not there.
/// </summary>
public sealed record MessagePackSecurity
{
    /// <summary>For data that nobody vouches for, and the default: 64 levels.</summary>
    public static MessagePackSecurity UntrustedData { get; } = new();

    /// <summary>For data of one's own: as many levels as there are.</summary>
    public static MessagePackSecurity TrustedData { get; } = new() { MaximumObjectGraphDepth = int.MaxValue };

    /// <summary>
    /// How many values may lie in each other; what reads them calls itself for each, and a stack that overflows ends the process.
    /// Skipping needs no stack and takes any depth.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int MaximumObjectGraphDepth
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 64;
}
