namespace ShmBus.MessagePack;

/// <summary>The types of the format, each of which several formats stand for.</summary>
public enum MessagePackType
{
    /// <summary>The byte 0xC1, which stands for nothing.</summary>
    Unknown,

    /// <summary>A whole number from -2^63 to 2^64 - 1.</summary>
    Integer,

    /// <summary>Nothing: <see langword="null"/>.</summary>
    Nil,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A floating-point number of 32 or 64 bits.</summary>
    Float,

    /// <summary>Text in UTF-8.</summary>
    String,

    /// <summary>Bytes.</summary>
    Binary,

    /// <summary>Values in a row.</summary>
    Array,

    /// <summary>Keys, each with its value.</summary>
    Map,

    /// <summary>Bytes with a type of their own, as points in time have.</summary>
    Extension,
}
