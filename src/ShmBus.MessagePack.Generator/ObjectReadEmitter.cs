namespace ShmBus.MessagePack.Generator;

/// <summary>
/// Reads an object from an array or a map of its members: other keys are skipped, members whose keys are missing keep what they are. If
/// nothing must be known before, the object is made first and its members are set as they come; else they are kept in locals until then.
/// </summary>
internal static class ObjectReadEmitter
{
    internal static void Emit(CodeText code, TypeModel type, ValueEmitter values)
    {
        bool isFirst = !type.Members.Any(static each => each.Role is MemberRole.Parameter or MemberRole.Required);
        if (isFirst)
        {
            code.Line($"{Result(type)} = new {type.Type}();");
        }
        foreach (MemberModel member in type.Members.Where(each => each.Role != MemberRole.WriteOnly && !isFirst))
        {
            code.Line($"{Declared(member)} {Local(member)} = {(member.Default == "default" ? "default!" : member.Default)};");
            if (IsLate(member))
            {
                code.Line($"bool has{Local(member)} = false;");
            }
        }
        code.Line($"int count = reader.Read{(type.IsMap ? "Map" : "Array")}Header();");
        if (type.IsMap)
        {
            EmitMap(code, type, values, isFirst);
        }
        else
        {
            EmitArray(code, type, values, isFirst);
        }
        code.Line("reader.LeaveNested();");
        if (!isFirst)
        {
            EmitConstruction(code, type);
        }
        if (type.Callbacks.Length > 0)
        {
            code.Line($"(({type.Callbacks})result).OnAfterDeserialize();");
        }
        if (!type.IsValueType)
        {
            code.Line("return result;");
        }
    }

    /// <summary>The accessors that C# keeps for initializers: a member that is missing must not be set, and an initializer always sets.</summary>
    internal static void EmitAccessors(CodeText code, TypeModel type)
    {
        foreach (MemberModel member in type.Members.Where(static each => each.Role == MemberRole.InitOnly))
        {
            code.Line();
            code.Line($"[global::System.Runtime.CompilerServices.UnsafeAccessor(global::System.Runtime.CompilerServices.UnsafeAccessorKind.Method, Name = \"set_{member.Name.TrimStart('@')}\")]");
            code.Line($"private static extern void {Setter(member)}({(type.IsValueType ? "ref " : "")}{member.DeclaringType} target, {Declared(member)} value);");
        }
    }

    private static void EmitMap(CodeText code, TypeModel type, ValueEmitter values, bool isFirst)
    {
        code.Open("for (int i = 0; i < count; i++)");
        MemberModel[] members = [.. type.Members.Where(static each => each.Role != MemberRole.WriteOnly)];
        if (members.Length > 0)
        {
            code.Line("global::System.ReadOnlySpan<byte> key = reader.ReadStringSpan();");
            code.Open("switch (key.Length)");
            foreach (IGrouping<int, MemberModel> length in members.GroupBy(static each => System.Text.Encoding.UTF8.GetByteCount(each.Key)).OrderBy(static each => each.Key))
            {
                code.Case($"case {length.Key}");
                foreach (MemberModel member in length)
                {
                    code.Open($"if (global::System.MemoryExtensions.SequenceEqual(key, {TypeEmitter.Literal(member.Key!)}u8))");
                    EmitMember(code, type, member, values, isFirst);
                    code.Line("continue;");
                    code.Close();
                }
                code.EndCase();
            }
            code.Close();
        }
        else
        {
            code.Line("reader.Skip();");
        }
        code.Line("reader.Skip();");
        code.Close();
    }

    private static void EmitArray(CodeText code, TypeModel type, ValueEmitter values, bool isFirst)
    {
        int expected = type.Members.Count == 0 ? 0 : type.Members[type.Members.Count - 1].Index + 1;
        code.Line("int next = 0;");
        if (expected > 0)
        {
            code.Open($"if (count >= {expected})");
            EmitStraight(code, type, values, isFirst);
            code.Line($"next = {expected};");
            code.Close();
        }
        code.Open("for (; next < count; next++)");
        code.Open("switch (next)");
        foreach (MemberModel member in type.Members.Where(static each => each.Role != MemberRole.WriteOnly))
        {
            code.Case($"case {member.Index}");
            EmitMemberUnlessMissing(code, type, member, values, isFirst);
            code.EndCase();
        }
        code.Case("default");
        code.Line("reader.Skip();");
        code.EndCase();
        code.Close();
        code.Close();
    }

    /// <summary>All members are there, one after the other, as whoever has the same type writes them.</summary>
    private static void EmitStraight(CodeText code, TypeModel type, ValueEmitter values, bool isFirst)
    {
        int index = 0;
        bool isOpen = false;
        int run = 0;
        int fields = 0;
        for (int i = 0; i < type.Members.Count; i++)
        {
            MemberModel member = type.Members[i];
            bool isShort = IsShort(member, isFirst);
            if (isOpen && (!isShort || member.Index != index))
            {
                code.Line($"reader.Take({Fields(fields)}, {run});");
                isOpen = false;
            }
            if (member.Index > index)
            {
                code.Line($"for (int gap = {member.Index - index}; gap > 0; gap--) reader.Skip();");
            }
            index = member.Index + 1;
            if (!isOpen && isShort && i + 1 < type.Members.Count && type.Members[i + 1].Index == index && IsShort(type.Members[i + 1], isFirst))
            {
                code.Line($"var {Fields(++fields)} = reader.Fields;");
                isOpen = true;
                run = 0;
            }
            if (isOpen)
            {
                run++;
                string target = isFirst ? "result." + member.Name : Local(member);
                ValueModel value = member.Value;
                code.Line(value.Kind == ValueKind.Enum
                    ? $"{target} = ({value.Type}){Fields(fields)}.Read{value.Method}(ref reader, ({value.Arguments[0].Type}){target});"
                    : $"{target} = {Fields(fields)}.Read{value.Method}(ref reader, {target});");
            }
            else
            {
                EmitMemberUnlessMissing(code, type, member, values, isFirst);
            }
        }
        if (isOpen)
        {
            code.Line($"reader.Take({Fields(fields)}, {run});");
        }
    }

    /// <summary>A struct is made where it is wanted.</summary>
    private static string Result(TypeModel type) => type.IsValueType ? "result" : "var result";

    private static string Fields(int run) => run == 1 ? "fields" : $"fields{run}";

    /// <summary>Read from a run, straight to where it belongs.</summary>
    private static bool IsShort(MemberModel member, bool isFirst) => member.Value.MaxLength > 0 &&
        (isFirst ? member.Role == MemberRole.Settable : member.Role is MemberRole.Parameter or MemberRole.Required);

    /// <summary>In an array nil stands for a key that the writer does not have, too.</summary>
    private static void EmitMemberUnlessMissing(CodeText code, TypeModel type, MemberModel member, ValueEmitter values, bool isFirst)
    {
        if (member.Role == MemberRole.WriteOnly)
        {
            code.Line("reader.Skip();");
        }
        else if (member.Value.IsValueType && member.Value.Kind is not (ValueKind.Nullable or ValueKind.Memory))
        {
            code.Open("if (!reader.TryReadNil())");
            EmitMember(code, type, member, values, isFirst);
            code.Close();
        }
        else
        {
            EmitMember(code, type, member, values, isFirst);
        }
    }

    private static void EmitMember(CodeText code, TypeModel type, MemberModel member, ValueEmitter values, bool isFirst)
    {
        string value = values.Read(member.Value);
        if (isFirst)
        {
            EmitAssignment(code, type, member, value);
            return;
        }
        code.Line($"{Local(member)} = {value};");
        if (IsLate(member))
        {
            code.Line($"has{Local(member)} = true;");
        }
    }

    private static void EmitConstruction(CodeText code, TypeModel type)
    {
        string arguments = string.Join(", ", type.Parameters.Select(name => Local(type.Members.First(each => each.Name == name))));
        string[] required = [.. type.Members.Where(static each => each.Role == MemberRole.Required).Select(static each => $"{each.Name} = {Local(each)}")];
        code.Line($"{Result(type)} = new {type.Type}({arguments}){(required.Length > 0 ? $" {{ {string.Join(", ", required)} }}" : "")};");
        foreach (MemberModel member in type.Members.Where(IsLate))
        {
            code.Open($"if (has{Local(member)})");
            EmitAssignment(code, type, member, Local(member));
            code.Close();
        }
    }

    private static void EmitAssignment(CodeText code, TypeModel type, MemberModel member, string value) =>
        code.Line(member.Role == MemberRole.InitOnly ? $"{Setter(member)}({(type.IsValueType ? "ref " : "")}result, {value});" : $"result.{member.Name} = {value};");

    private static bool IsLate(MemberModel member) => member.Role is MemberRole.Settable or MemberRole.InitOnly;

    private static string Declared(MemberModel member) => member.Value.Type + (member.Value.IsNullable && !member.Value.IsValueType ? "?" : "");

    private static string Setter(MemberModel member) => "Set" + member.Name.TrimStart('@');

    /// <summary>Never a name of the method's own.</summary>
    private static string Local(MemberModel member) => "_" + member.Name.TrimStart('@');
}
