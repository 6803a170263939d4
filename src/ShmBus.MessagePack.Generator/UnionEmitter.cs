namespace ShmBus.MessagePack.Generator;

/// <summary>An interface or an abstract class: an array of the number of the type and the value.</summary>
internal static class UnionEmitter
{
    internal static void EmitWrite(CodeText code, TypeModel type, ValueEmitter values)
    {
        code.Line("global::System.Type type = value.GetType();");
        foreach (CaseModel each in type.Cases)
        {
            code.Open($"if (type == typeof({each.Value.Type}))");
            code.Line("writer.WriteArrayHeader(2);");
            code.Line($"writer.Write({each.Tag});");
            values.Write(code, each.Value, $"({each.Value.Type})value");
            code.Line("return;");
            code.Close();
        }
        code.Line($"throw new global::System.NotSupportedException($\"{{type}} is no type of the union {type.Name}.\");");
    }

    internal static void EmitRead(CodeText code, TypeModel type, ValueEmitter values)
    {
        code.Line("int start = reader.Position;");
        code.Line("int count = reader.ReadArrayHeader();");
        code.Open("if (count != 2)");
        code.Line("throw new global::ShmBus.MessagePack.MessagePackException(start, \"an array of a number for the type and the value\", $\"an array of {count}\");");
        code.Close();
        code.Line("start = reader.Position;");
        code.Line("int tag = reader.ReadInt32();");
        code.Line($"{type.Type}? result;");
        code.Open("switch (tag)");
        foreach (CaseModel each in type.Cases)
        {
            code.Case($"case {each.Tag}");
            code.Line($"result = {values.Read(each.Value)};");
            code.EndCase();
        }
        code.Case("default");
        code.EndCase($"throw new global::ShmBus.MessagePack.MessagePackException(start, {TypeEmitter.Literal($"the number of a type of the union {type.Name}")}, tag.ToString(global::System.Globalization.CultureInfo.InvariantCulture));");
        code.Close();
        code.Line("reader.LeaveNested();");
        code.Line("return result;");
    }
}
