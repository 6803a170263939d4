namespace ShmBus.MessagePack.Generator;

/// <summary>Code that writes and reads a value of a type. What is more than a line becomes a method of the class.</summary>
internal sealed class ValueEmitter
{
    private const string Pair = "KeyValuePair";
    private const string Interop = "global::System.Runtime.InteropServices.";

    /// <summary>The methods that are called, by the types that they are for.</summary>
    private readonly Dictionary<string, (string Name, ValueModel Value)> _methods = [];

    private readonly Queue<(string Name, ValueModel Value)> _missing = [];

    private int _locals;

    /// <summary>Statements that write; <paramref name="expression"/> is evaluated once.</summary>
    internal void Write(CodeText code, ValueModel value, string expression, string writer = "writer")
    {
        switch (value.Kind)
        {
            case ValueKind.Basic:
                code.Line($"{writer}.Write({expression});");
                break;
            case ValueKind.Enum:
                code.Line($"{writer}.Write(({value.Arguments[0].Type}){expression});");
                break;
            case ValueKind.Memory when value.Method == "ArraySegment":
                string segment = Local();
                code.Line($"var {segment} = {expression};");
                code.Line($"if ({segment}.Array is null) {writer}.WriteNil(); else {writer}.Write(global::System.MemoryExtensions.AsSpan({segment}));");
                break;
            case ValueKind.Memory:
                code.Line($"{writer}.Write({expression}.Span);");
                break;
            case ValueKind.Nullable:
                string local = Local();
                code.Open($"if ({expression} is {{ }} {local})");
                Write(code, value.Arguments[0], local, writer);
                code.Close();
                code.Open("else");
                code.Line($"{writer}.WriteNil();");
                code.Close();
                break;
            case ValueKind.Object:
                code.Line($"{value.Method}.Write(ref {writer}, {expression});");
                break;
            default:
                code.Line($"Write{Method(value)}(ref {writer}, {expression});");
                break;
        }
    }

    /// <summary>An expression that reads, of the very type; null is what its annotations let pass.</summary>
    internal string Read(ValueModel value) => value.Kind switch
    {
        ValueKind.Basic => $"reader.Read{value.Method}(){(value.IsValueType ? "" : "!")}",
        ValueKind.Enum => $"({value.Type})reader.Read{value.Method}()",
        ValueKind.Memory => $"(reader.ReadByteArray() is {{ }} {Peek()} ? new {value.Type}({Local()}) : default)",
        ValueKind.Nullable => $"(reader.TryReadNil() ? default({value.Type}) : {Read(value.Arguments[0])})",
        ValueKind.Object => $"{value.Method}.Read(ref reader){(value.IsValueType ? "" : "!")}",
        _ => $"Read{Method(value)}(ref reader){(value.IsValueType ? "" : "!")}",
    };

    /// <summary>The methods that were called, and those that they call.</summary>
    internal void EmitMethods(CodeText code)
    {
        while (_missing.Count > 0)
        {
            (string name, ValueModel value) = _missing.Dequeue();
            code.Line();
            code.Open($"private static void Write{name}(ref global::ShmBus.MessagePack.MessagePackWriter writer, {Nullable(value)} value)");
            EmitWrite(code, value);
            code.Close();
            code.Line();
            code.Open($"private static {Nullable(value)} Read{name}(ref global::ShmBus.MessagePack.MessagePackReader reader)");
            EmitRead(code, value);
            code.Close();
        }
    }

    private static string Nullable(ValueModel value) => value.IsValueType ? value.Type : value.Type + "?";

    private static bool IsImmutableArray(ValueModel value) => value.Method == "ImmutableArray";

    private string Peek() => $"v{_locals}";

    private string Local() => $"v{_locals++}";

    private string Method(ValueModel value)
    {
        if (!_methods.TryGetValue(value.Type, out (string Name, ValueModel) method))
        {
            string name = Describe(value);
            while (_methods.Values.Any(each => each.Name == name))
            {
                name += $"_{_methods.Count}";
            }
            method = (name, value);
            _methods.Add(value.Type, method);
            _missing.Enqueue(method);
        }
        return method.Name;
    }

    private static string Describe(ValueModel value) => value.Kind switch
    {
        ValueKind.Basic or ValueKind.Memory => value.Method,
        ValueKind.Enum or ValueKind.Object => Last(value.Type),
        ValueKind.Nullable => "Nullable" + Describe(value.Arguments[0]),
        ValueKind.Array => Describe(value.Arguments[0]) + "Array",
        _ => value.Method + "Of" + string.Concat(value.Arguments.Select(Describe)),
    };

    private static string Last(string type) => string.Concat(type.Substring(type.LastIndexOfAny(['.', ':']) + 1).Where(static c => char.IsLetterOrDigit(c) || c == '_'));

    private void EmitWrite(CodeText code, ValueModel value)
    {
        if (!value.IsValueType || IsImmutableArray(value))
        {
            code.Open(IsImmutableArray(value) ? "if (value.IsDefault)" : "if (value is null)");
            code.Line("writer.WriteNil();");
            code.Line("return;");
            code.Close();
        }
        switch (value.Kind)
        {
            case ValueKind.Tuple:
                code.Line($"writer.WriteArrayHeader({value.Arguments.Count});");
                for (int i = 0; i < value.Arguments.Count; i++)
                {
                    Write(code, value.Arguments[i], "value." + Item(value, i));
                }
                break;
            case ValueKind.Map:
                code.Line("writer.WriteMapHeader(value.Count);");
                code.Open("foreach (var pair in value)");
                Write(code, value.Arguments[0], "pair.Key");
                Write(code, value.Arguments[1], "pair.Value");
                code.Close();
                break;
            default:
                string items = "value", count = "value.Count";
                if (value.Kind == ValueKind.Array || IsImmutableArray(value))
                {
                    count = "value.Length";
                }
                else if (value.Type.StartsWith("global::System.Collections.Generic.List<", StringComparison.Ordinal))
                {
                    items = $"{Interop}CollectionsMarshal.AsSpan(value)";
                }
                else if (value.Type.StartsWith("global::System.Collections.Generic.IEnumerable<", StringComparison.Ordinal))
                {
                    // What is only computed is computed once.
                    code.Line($"global::System.Collections.Generic.IReadOnlyCollection<{value.Arguments[0].Type}{Question(value.Arguments[0])}> items = value as global::System.Collections.Generic.IReadOnlyCollection<{value.Arguments[0].Type}{Question(value.Arguments[0])}> ?? global::System.Linq.Enumerable.ToArray(value);");
                    items = "items";
                    count = "items.Count";
                }
                code.Line($"writer.WriteArrayHeader({count});");
                code.Open($"foreach (var item in {items})");
                Write(code, value.Arguments[0], "item");
                code.Close();
                break;
        }
    }

    private void EmitRead(CodeText code, ValueModel value)
    {
        if (!value.IsValueType || IsImmutableArray(value))
        {
            code.Open("if (reader.TryReadNil())");
            code.Line("return default;");
            code.Close();
        }
        switch (value.Kind)
        {
            case ValueKind.Tuple:
                EmitReadTuple(code, value);
                break;
            case ValueKind.Map:
                EmitReadMap(code, value);
                break;
            default:
                EmitReadSequence(code, value);
                break;
        }
    }

    private void EmitReadTuple(CodeText code, ValueModel value)
    {
        code.Line("int start = reader.Position;");
        code.Line("reader.EnterNested();");
        code.Line("int count = reader.ReadArrayHeader();");
        code.Open($"if (count != {value.Arguments.Count})");
        code.Line($"throw new global::ShmBus.MessagePack.MessagePackException(start, \"an array of {value.Arguments.Count}\", $\"an array of {{count}}\");");
        code.Close();
        for (int i = 0; i < value.Arguments.Count; i++)
        {
            code.Line($"var item{i} = {Read(value.Arguments[i])};");
        }
        code.Line("reader.LeaveNested();");
        string type = value.Type.StartsWith("(", StringComparison.Ordinal)
            ? $"global::System.ValueTuple<{string.Join(", ", value.Arguments.Select(static each => each.Type + Question(each)))}>"
            : value.Type;
        code.Line($"return new {type}({string.Join(", ", value.Arguments.Select(static (_, i) => $"item{i}"))});");
    }

    private void EmitReadMap(CodeText code, ValueModel value)
    {
        ValueModel key = value.Arguments[0];
        string arguments = $"<{key.Type}, {value.Arguments[1].Type}{Question(value.Arguments[1])}>";
        code.Line("reader.EnterNested();");
        code.Line("int count = reader.ReadMapHeader();");
        code.Line(value.Method switch
        {
            "Dictionary" => $"var result = new global::System.Collections.Generic.Dictionary{arguments}(global::ShmBus.MessagePack.MessagePackReader.Capacity<(long, {key.Type}, {value.Arguments[1].Type})>(count));",
            "SortedDictionary" => $"var result = new global::System.Collections.Generic.SortedDictionary{arguments}();",
            _ => $"var result = global::System.Collections.Immutable.ImmutableDictionary.CreateBuilder{arguments}();",
        });
        code.Open("for (int i = 0; i < count; i++)");
        code.Line("int start = reader.Position;");
        code.Line($"var key = {Read(key)};");
        if (!key.IsValueType || key.Kind == ValueKind.Nullable)
        {
            code.Open("if (key is null)");
            code.Line("throw new global::ShmBus.MessagePack.MessagePackException(start, \"a key\", \"nil\");");
            code.Close();
        }
        code.Line($"result[key] = {Read(value.Arguments[1])};");
        code.Close();
        code.Line("reader.LeaveNested();");
        code.Line(value.Method == "ImmutableDictionary" ? "return result.ToImmutable();" : "return result;");
    }

    private void EmitReadSequence(CodeText code, ValueModel value)
    {
        ValueModel element = value.Arguments[0];
        string type = element.Type + Question(element);
        string capacity = $"global::ShmBus.MessagePack.MessagePackReader.Capacity<{element.Type}>(count)";
        code.Line("reader.EnterNested();");
        code.Line("int count = reader.ReadArrayHeader();");
        if (value.Kind == ValueKind.Array)
        {
            code.Line($"var result = count == 0 ? global::System.Array.Empty<{type}>() : {NewArray(type, capacity)};");
            code.Open("for (int i = 0; i < count; i++)");
            code.Open("if (i == result.Length)");
            code.Line("global::System.Array.Resize(ref result, (int)global::System.Math.Min(count, 2L * i));");
            code.Close();
            code.Line($"result[i] = {Read(element)};");
        }
        else
        {
            code.Line(value.Method switch
            {
                "ImmutableArray" => $"var result = global::System.Collections.Immutable.ImmutableArray.CreateBuilder<{type}>({capacity});",
                "ImmutableList" or "ImmutableHashSet" => $"var result = global::System.Collections.Immutable.{value.Method}.CreateBuilder<{type}>();",
                "SortedSet" or "LinkedList" => $"var result = new global::System.Collections.Generic.{value.Method}<{type}>();",
                "Stack" => $"var result = new global::System.Collections.Generic.List<{type}>({capacity});",
                _ => $"var result = new global::System.Collections.Generic.{value.Method}<{type}>({capacity});",
            });
            code.Open("for (int i = 0; i < count; i++)");
            code.Line($"result.{(value.Method is "Queue" ? "Enqueue" : value.Method is "LinkedList" ? "AddLast" : "Add")}({Read(element)});");
        }
        code.Close();
        code.Line("reader.LeaveNested();");
        if (value.Method == "Stack")
        {
            // Written from the top, and so pushed from the other end.
            code.Line("result.Reverse();");
        }
        code.Line(value.Method switch
        {
            "ImmutableArray" => "return result.DrainToImmutable();",
            "ImmutableList" or "ImmutableHashSet" => "return result.ToImmutable();",
            "Stack" => $"return new global::System.Collections.Generic.Stack<{type}>(result);",
            _ => "return result;",
        });
    }

    /// <summary>Of arrays, the length stands before the brackets of the elements; what may be null is one word to C#.</summary>
    private static string NewArray(string element, string length)
    {
        int brackets = element.Length;
        while (element.Substring(0, brackets).EndsWith("[]", StringComparison.Ordinal))
        {
            brackets -= 2;
        }
        return $"new {element.Substring(0, brackets)}[{length}]{element.Substring(brackets)}";
    }

    /// <summary>Elements whose type lets null pass are declared so.</summary>
    private static string Question(ValueModel value) => value.IsNullable && !value.IsValueType ? "?" : "";

    private static string Item(ValueModel value, int index) =>
        value.Method == Pair ? index == 0 ? "Key" : "Value" : index == 7 ? "Rest" : $"Item{index + 1}";
}
