namespace ShmBus.MessagePack;

/// <summary>The first byte of a value, by its name in the specification of the format.</summary>
internal static class MessagePackCode
{
    internal const byte MaxFixInt = 0x7F;
    internal const byte MinFixMap = 0x80;
    internal const byte MaxFixMap = 0x8F;
    internal const byte MinFixArray = 0x90;
    internal const byte MaxFixArray = 0x9F;
    internal const byte MinFixStr = 0xA0;
    internal const byte MaxFixStr = 0xBF;
    internal const byte Nil = 0xC0;
    internal const byte NeverUsed = 0xC1;
    internal const byte False = 0xC2;
    internal const byte True = 0xC3;
    internal const byte Bin8 = 0xC4;
    internal const byte Bin16 = 0xC5;
    internal const byte Bin32 = 0xC6;
    internal const byte Ext8 = 0xC7;
    internal const byte Ext16 = 0xC8;
    internal const byte Ext32 = 0xC9;
    internal const byte Float32 = 0xCA;
    internal const byte Float64 = 0xCB;
    internal const byte UInt8 = 0xCC;
    internal const byte UInt16 = 0xCD;
    internal const byte UInt32 = 0xCE;
    internal const byte UInt64 = 0xCF;
    internal const byte Int8 = 0xD0;
    internal const byte Int16 = 0xD1;
    internal const byte Int32 = 0xD2;
    internal const byte Int64 = 0xD3;
    internal const byte FixExt1 = 0xD4;
    internal const byte FixExt2 = 0xD5;
    internal const byte FixExt4 = 0xD6;
    internal const byte FixExt8 = 0xD7;
    internal const byte FixExt16 = 0xD8;
    internal const byte Str8 = 0xD9;
    internal const byte Str16 = 0xDA;
    internal const byte Str32 = 0xDB;
    internal const byte Array16 = 0xDC;
    internal const byte Array32 = 0xDD;
    internal const byte Map16 = 0xDE;
    internal const byte Map32 = 0xDF;
    internal const byte MinNegativeFixInt = 0xE0;

    internal const sbyte LeastFixInt = -32;
    internal const int MaxFixCount = 15;
    internal const int MaxFixStrLength = 31;

    internal static MessagePackType TypeOf(byte code) => code switch
    {
        <= MaxFixInt or >= MinNegativeFixInt or (>= UInt8 and <= Int64) => MessagePackType.Integer,
        <= MaxFixMap or Map16 or Map32 => MessagePackType.Map,
        <= MaxFixArray or Array16 or Array32 => MessagePackType.Array,
        <= MaxFixStr or Str8 or Str16 or Str32 => MessagePackType.String,
        Nil => MessagePackType.Nil,
        False or True => MessagePackType.Boolean,
        Bin8 or Bin16 or Bin32 => MessagePackType.Binary,
        Float32 or Float64 => MessagePackType.Float,
        NeverUsed => MessagePackType.Unknown,
        _ => MessagePackType.Extension,
    };

    /// <summary>As in <c>str 8 (0xD9)</c>.</summary>
    internal static string NameOf(byte code)
    {
        string name = code switch
        {
            <= MaxFixInt => "positive fixint",
            <= MaxFixMap => "fixmap",
            <= MaxFixArray => "fixarray",
            <= MaxFixStr => "fixstr",
            Nil => "nil",
            NeverUsed => "no format",
            False => "false",
            True => "true",
            Bin8 => "bin 8",
            Bin16 => "bin 16",
            Bin32 => "bin 32",
            Ext8 => "ext 8",
            Ext16 => "ext 16",
            Ext32 => "ext 32",
            Float32 => "float 32",
            Float64 => "float 64",
            UInt8 => "uint 8",
            UInt16 => "uint 16",
            UInt32 => "uint 32",
            UInt64 => "uint 64",
            Int8 => "int 8",
            Int16 => "int 16",
            Int32 => "int 32",
            Int64 => "int 64",
            FixExt1 => "fixext 1",
            FixExt2 => "fixext 2",
            FixExt4 => "fixext 4",
            FixExt8 => "fixext 8",
            FixExt16 => "fixext 16",
            Str8 => "str 8",
            Str16 => "str 16",
            Str32 => "str 32",
            Array16 => "array 16",
            Array32 => "array 32",
            Map16 => "map 16",
            Map32 => "map 32",
            _ => "negative fixint",
        };
        return $"{name} (0x{code:X2})";
    }
}
