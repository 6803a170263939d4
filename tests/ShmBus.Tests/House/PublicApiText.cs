using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace ShmBus.Tests.House;

/// <summary>What an assembly offers to others, as text: a line for each type and, indented, for each of its members.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string Of(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(static type => type.FullName, StringComparer.Ordinal))
        {
            Append(text, type);
        }
        return text.ToString();
    }

    internal static void Append(StringBuilder text, Type type)
    {
        text.Append(CultureInfo.InvariantCulture, $"{Kind(type)} {CSharpNames.Of(type)}{Bases(type)}{CSharpNames.Constraints(type.GetGenericArguments())}\n");
        foreach (string member in Members(type))
        {
            text.Append("    ").Append(member).Append('\n');
        }
    }

    private static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsValueType ? Word(type, typeof(IsReadOnlyAttribute), "readonly ") + (type.IsByRefLike ? "ref struct" : "struct")
        : (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + "class";

    private static string Bases(Type type)
    {
        if (type.IsEnum)
        {
            return " : " + CSharpNames.Of(type.GetEnumUnderlyingType());
        }
        Type[] bases = type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) ? [b] : [];
        IEnumerable<Type> interfaces = type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(static each => each.IsVisible);
        string[] names = [.. bases.Select(CSharpNames.Of), .. interfaces.Select(CSharpNames.Of).Order(StringComparer.Ordinal)];
        return names.Length == 0 || typeof(Delegate).IsAssignableFrom(type) ? "" : " : " + string.Join(", ", names);
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [Describe(type.GetMethod("Invoke")!)];
        }
        return type.GetMembers(Declared)
            .Where(static member => !member.Name.Contains('<', StringComparison.Ordinal))
            .Select(static member => (member.Name, Line: member switch
            {
                FieldInfo { IsSpecialName: false } field when IsOffered(field) => Describe(field),
                ConstructorInfo constructor when IsOffered(constructor) => Describe(constructor),
                // Accessors stand with their property or event; operators are methods of their own.
                MethodInfo method when IsOffered(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) => Describe(method),
                PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsOffered) => Describe(property),
                EventInfo @event when IsOffered(@event.AddMethod!) => $"{Modifiers(@event.AddMethod!)}event {CSharpNames.Of(@event.EventHandlerType!)} {@event.Name}",
                _ => "",
            }))
            .Where(static member => member.Line.Length > 0)
            .OrderBy(static member => member.Name, StringComparer.Ordinal).ThenBy(static member => member.Line, StringComparer.Ordinal)
            .Select(static member => member.Line);
    }

    private static bool IsOffered(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOffered(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static string Describe(FieldInfo field)
    {
        string access = field.IsPublic ? "public " : "protected ";
        return field.IsLiteral
            ? $"{access}const {field.Name} = {CSharpNames.Value(field.GetRawConstantValue())}"
            : $"{access}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{CSharpNames.Of(field.FieldType)} {field.Name}";
    }

    private static string Describe(ConstructorInfo constructor) =>
        $"{Modifiers(constructor)}{constructor.DeclaringType!.Name}({CSharpNames.Parameters(constructor.GetParameters())})";

    private static string Describe(MethodInfo method)
    {
        string arguments = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(static each => each.Name))}>" : "";
        return $"{Modifiers(method)}{CSharpNames.Return(method)} {method.Name}{arguments}({CSharpNames.Parameters(method.GetParameters())}){CSharpNames.Constraints(method.GetGenericArguments())}";
    }

    private static string Describe(PropertyInfo property)
    {
        MethodInfo first = property.GetAccessors(nonPublic: true).First(IsOffered);
        string get = property.GetMethod is { } getter && IsOffered(getter) ? "get; " : "";
        string set = property.SetMethod is not { } setter || !IsOffered(setter) ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ";
        string index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{CSharpNames.Parameters(parameters)}]" : "";
        string required = Word(property, typeof(RequiredMemberAttribute), "required ");
        return $"{Modifiers(first)}{required}{(property.GetMethod is { } g ? CSharpNames.Return(g) : CSharpNames.Of(property.PropertyType))} {property.Name}{index} {{ {get}{set}}}";
    }

    private static string Modifiers(MethodBase method)
    {
        string access = method.IsPublic ? "public " : "protected ";
        bool isOverride = method is MethodInfo info && info.GetBaseDefinition() != info;
        return access +
            (method.IsStatic ? "static " : "") +
            (method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract " : "") +
            (isOverride ? (method.IsFinal ? "sealed override " : "override ") : method is { IsVirtual: true, IsFinal: false, IsAbstract: false } ? "virtual " : "");
    }

    private static string Word(MemberInfo member, Type attribute, string word) => member.IsDefined(attribute, inherit: false) ? word : "";
}
