namespace ShmBus.MessagePack.Generator;

/// <summary>Writes an object as an array or a map of its members. What is short and stands together gets room at once.</summary>
internal static class ObjectWriteEmitter
{
    /// <summary>More is not worth it: the code of a run grows, and the compiler stops inlining.</summary>
    private const int LongestRun = 24;

    private const int ManyNils = 8;

    /// <summary>Runs are written on the stack, too, and keys are as long as somebody wants.</summary>
    private const int LongestKey = 256;

    /// <param name="MaxLength">0: not short.</param>
    private readonly record struct Part(int MaxLength, Action<CodeText, string> Emit);

    /// <summary>The body of the method that writes; what is returned emits the methods that it calls.</summary>
    internal static Action Emit(CodeText code, TypeModel type, ValueEmitter values)
    {
        List<Part[]> runs = [];
        Part[] parts = [.. Parts(type, values)];
        int next = 0;
        while (next < parts.Length)
        {
            int end = next;
            while (end < parts.Length && parts[end].MaxLength > 0 && end - next < LongestRun)
            {
                end++;
            }
            if (end - next < 2)
            {
                parts[next++].Emit(code, "writer");
                continue;
            }
            code.Open($"if (writer.TryReserve({parts.Skip(next).Take(end - next).Sum(static each => each.MaxLength)}))");
            code.Line("var fields = writer.Fields;");
            foreach (Part part in parts.Skip(next).Take(end - next))
            {
                part.Emit(code, "fields");
            }
            code.Line("writer.Take(fields);");
            code.Close();
            Part[] run = [.. parts.Skip(next).Take(end - next)];
            runs.Add(run);
            code.Open("else");
            code.Line($"WriteTight{runs.Count}(ref writer, value);");
            code.Close();
            next = end;
        }
        return () =>
        {
            for (int i = 0; i < runs.Count; i++)
            {
                EmitTight(code, type, runs[i], i + 1);
            }
        };
    }

    /// <summary>Where the longest values would not fit, as at the end of a claim for just as much as the message takes: written beside, and copied.</summary>
    private static void EmitTight(CodeText code, TypeModel type, Part[] run, int number)
    {
        code.Line();
        code.Line("[global::System.Runtime.CompilerServices.MethodImpl(global::System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]");
        code.Open($"private static void WriteTight{number}(ref global::ShmBus.MessagePack.MessagePackWriter writer, {(type.IsValueType ? "in " : "")}{type.Type} value)");
        code.Line($"var fields = new global::ShmBus.MessagePack.MessagePackFieldWriter(stackalloc byte[{run.Sum(static each => each.MaxLength)}]);");
        foreach (Part part in run)
        {
            part.Emit(code, "fields");
        }
        code.Line("writer.Copy(fields);");
        code.Close();
    }

    private static IEnumerable<Part> Parts(TypeModel type, ValueEmitter values)
    {
        int count = type.IsMap ? type.Members.Count : type.Members.Count == 0 ? 0 : type.Members[type.Members.Count - 1].Index + 1;
        byte[] header = count switch
        {
            <= 15 => [(byte)((type.IsMap ? 0x80 : 0x90) | count)],
            <= ushort.MaxValue => [(byte)(type.IsMap ? 0xDE : 0xDC), (byte)(count >> 8), (byte)count],
            _ => [(byte)(type.IsMap ? 0xDF : 0xDD), (byte)(count >> 24), (byte)(count >> 16), (byte)(count >> 8), (byte)count],
        };
        yield return Raw(TypeEmitter.Bytes(header), header.Length);
        int index = 0;
        foreach (MemberModel member in type.Members)
        {
            if (type.IsMap)
            {
                string key = TypeEmitter.Text(member.Key!);
                yield return Raw(key, key.Count(static c => c == ',') + 1);
            }
            else
            {
                int nils = member.Index - index;
                if (nils > ManyNils)
                {
                    yield return new Part(0, (code, writer) => code.Line($"for (int nils = {nils}; nils > 0; nils--) {writer}.WriteNil();"));
                    nils = 0;
                }
                for (; nils > 0; nils--)
                {
                    yield return new Part(1, static (code, writer) => code.Line($"{writer}.WriteNil();"));
                }
                index = member.Index + 1;
            }
            yield return new Part(member.Value.MaxLength, (code, writer) => values.Write(code, member.Value, "value." + member.Name, writer));
        }
    }

    private static Part Raw(string bytes, int length) => new(length <= LongestKey ? length : 0, (code, writer) => code.Line($"{writer}.WriteRaw({bytes});"));
}
