using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace ShmBus.Tests.House;

/// <summary>The instructions of a method body, as far as they refer to something.</summary>
internal static class Instructions
{
    private static readonly Dictionary<ushort, OperandType> OperandTypes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => (ushort)code.Value, static code => code.OperandType);

    /// <summary>The operands that are types, members or signatures.</summary>
    internal static List<EntityHandle> Operands(BlobReader code)
    {
        List<EntityHandle> operands = [];
        while (code.RemainingBytes > 0)
        {
            ushort instruction = code.ReadByte();
            if (instruction == 0xFE)
            {
                instruction = (ushort)(0xFE00 | code.ReadByte());
            }
            switch (OperandTypes[instruction])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok or OperandType.InlineSig:
                    operands.Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.ReadByte();
                    break;
                case OperandType.InlineVar:
                    code.ReadInt16();
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.ReadInt64();
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32(); // before the offset is read
                    code.Offset += targets * sizeof(int);
                    break;
                default: // a branch target, an int, a float or a string
                    code.ReadInt32();
                    break;
            }
        }
        return operands;
    }
}
