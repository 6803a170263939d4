using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ShmBus.MessagePack.Generator;

/// <summary>What was found of an annotated type: what to generate, if anything, and what to say.</summary>
internal sealed record ReadType(TypeModel? Model, EquatableArray<DiagnosticInfo> Diagnostics);

/// <summary>Reads annotated types from their symbols. One for each look at a type; nothing of it is kept.</summary>
internal sealed class ObjectReader(Compilation compilation)
{
    internal const int LargestKey = ushort.MaxValue;
    private const int LargeKey = 1024;
    private const string Callbacks = Annotations.Other + ".IMessagePackSerializationCallbackReceiver";

    private readonly ValueReader _values = new(compilation);
    private readonly List<DiagnosticInfo> _diagnostics = [];

    /// <summary>A member with its key, a number or a text.</summary>
    internal readonly record struct Member(ISymbol Symbol, ITypeSymbol Type, object Key);

    internal readonly record struct Case(int Tag, INamedTypeSymbol Type);

    private bool IsWrong => _diagnostics.Exists(static each => each.Descriptor.DefaultSeverity == DiagnosticSeverity.Error);

    internal ReadType Read(INamedTypeSymbol type, Location? location)
    {
        TypeModel? model = ReadModel(type, location ?? type.Locations.FirstOrDefault());
        return new ReadType(IsWrong ? null : model, _diagnostics.ToEquatable());
    }

    /// <summary>Whether a type is written as a map: its members, or where it has none its annotation, say so.</summary>
    internal static bool IsMap(INamedTypeSymbol type, List<Member> members) => members.Count == 0 ? Annotations.KeysAreNames(type) : members[0].Key is string;

    /// <summary>The members that are written, in the order of writing. As the standard resolver has it: properties before fields, one's own before those of base types.</summary>
    internal List<Member> FindMembers(INamedTypeSymbol type, bool report = false)
    {
        bool keysAreNames = Annotations.KeysAreNames(type);
        List<Member> found = [];
        HashSet<string> names = [];
        List<ISymbol> all = [];
        for (INamedTypeSymbol? each = type; each is not null; each = each.BaseType)
        {
            all.AddRange(each.GetMembers());
        }
        foreach (ISymbol member in all.OfType<IPropertySymbol>().Cast<ISymbol>().Concat(all.OfType<IFieldSymbol>()))
        {
            if (member.IsStatic || member.IsImplicitlyDeclared || member is IPropertySymbol { IsIndexer: true })
            {
                continue;
            }
            object? key = Annotations.KeyOf(member);
            bool isPublic = member.DeclaredAccessibility == Accessibility.Public;
            // Whoever reads from outside does not see what a private member hides.
            if (key is null && !isPublic && !IsReachable(member) || !names.Add(member.Name) || Annotations.IsIgnored(member) || key is null && !isPublic)
            {
                continue;
            }
            if (!IsReachable(member) || member is IPropertySymbol property && (property.GetMethod is null || !IsReachable(property.GetMethod) || !property.ExplicitInterfaceImplementations.IsEmpty))
            {
                if (report && (key is not null || !keysAreNames))
                {
                    Report(Diagnostics.NotReachable, member, TypeNames.Of(type), member.Name);
                }
                continue;
            }
            if (keysAreNames && key is not string)
            {
                key = member.Name;
            }
            if (key is null)
            {
                if (report)
                {
                    Report(Diagnostics.NoKey, member, TypeNames.Of(type), member.Name);
                }
                continue;
            }
            found.Add(new Member(member, member is IPropertySymbol { Type: var t } ? t : ((IFieldSymbol)member).Type, key));
        }
        return found.Exists(static each => each.Key is string) ? found : [.. found.OrderBy(static each => (int)each.Key)];
    }

    internal List<Case> FindCases(INamedTypeSymbol type, bool report = false)
    {
        List<Case> found = [];
        foreach (AttributeData attribute in type.GetAttributes().Where(static each => Annotations.Is(each, Annotations.Union) && each.ConstructorArguments.Length == 2))
        {
            if (attribute.ConstructorArguments[0].Value is not int tag || attribute.ConstructorArguments[1].Value is not INamedTypeSymbol of)
            {
                continue;
            }
            DiagnosticDescriptor? wrong = !compilation.ClassifyConversion(of, type).IsImplicit ? Diagnostics.CaseNotAssignable
                : of.IsAbstract || !Annotations.IsObject(of) ? Diagnostics.CaseNotAnnotated
                : found.Exists(each => each.Tag == tag || SymbolEqualityComparer.Default.Equals(each.Type, of)) ? Diagnostics.DuplicateCase
                : null;
            if (wrong is null)
            {
                found.Add(new Case(tag, of));
            }
            else if (report)
            {
                Report(wrong, LocationOf(attribute) ?? type.Locations.FirstOrDefault(), TypeNames.Of(type), TypeNames.Of(of), tag.ToString(CultureInfo.InvariantCulture));
            }
        }
        return [.. found.OrderBy(static each => each.Tag)];
    }

    private TypeModel? ReadModel(INamedTypeSymbol type, Location? location)
    {
        string name = TypeNames.Of(type);
        if (type.IsUnboundGenericType)
        {
            Report(Diagnostics.OpenGeneric, location, name);
            return null;
        }
        if (!Annotations.IsObject(type) && !Annotations.IsUnion(type))
        {
            Report(Diagnostics.NotAnnotated, location, name);
            return null;
        }
        if (!IsReachable(type))
        {
            Report(Diagnostics.NotAccessible, location, name);
            return null;
        }
        if (type.IsRefLikeType)
        {
            Report(Diagnostics.RefStruct, location, name);
            return null;
        }
        if (IsOpen(type))
        {
            Report(Diagnostics.GenericType, location, name, name);
            return null;
        }
        if (Annotations.HasFormatter(type))
        {
            Report(Diagnostics.CustomFormatter, location, name);
            return null;
        }
        if (Annotations.IsUnion(type))
        {
            return ReadUnion(type);
        }
        if (type.IsAbstract)
        {
            Report(Diagnostics.AbstractWithoutUnion, location, name);
            return null;
        }
        List<Member> members = FindMembers(type, report: true);
        if (!CheckKeys(name, members))
        {
            return null;
        }
        return ReadMembers(type, location, members);
    }

    private TypeModel ReadUnion(INamedTypeSymbol type)
    {
        List<CaseModel> cases = [];
        foreach (Case each in FindCases(type, report: true))
        {
            if (_values.Read(each.Type, out DiagnosticDescriptor? refused, out ITypeSymbol about) is { } value)
            {
                cases.Add(new CaseModel(each.Tag, value));
            }
            else
            {
                Report(refused!, type, TypeNames.Of(type), each.Type.Name, TypeNames.Of(about));
            }
        }
        return Create(type, false, [], [], cases, isUnion: true);
    }

    private bool CheckKeys(string name, List<Member> members)
    {
        Dictionary<object, string> known = [];
        foreach (Member member in members)
        {
            string key = Convert.ToString(member.Key, CultureInfo.InvariantCulture);
            if (member.Key.GetType() != members[0].Key.GetType())
            {
                Report(Diagnostics.MixedKeys, member.Symbol, name);
                return false;
            }
            if (known.TryGetValue(member.Key, out string? other))
            {
                Report(Diagnostics.DuplicateKey, member.Symbol, name, member.Symbol.Name, key, other);
                return false;
            }
            known.Add(member.Key, member.Symbol.Name);
            if (member.Key is < 0 or > LargestKey)
            {
                Report(Diagnostics.KeyOutOfRange, member.Symbol, name, member.Symbol.Name, key, LargestKey.ToString(CultureInfo.InvariantCulture));
                return false;
            }
            if (member.Key is > LargeKey)
            {
                Report(Diagnostics.LargeKey, member.Symbol, name, member.Symbol.Name, key);
            }
        }
        return true;
    }

    private TypeModel? ReadMembers(INamedTypeSymbol type, Location? location, List<Member> members)
    {
        string name = TypeNames.Of(type);
        List<(Member Member, ValueModel Value)> values = [];
        foreach (Member member in members)
        {
            if (Annotations.HasFormatter(member.Symbol))
            {
                Report(Diagnostics.CustomFormatter, member.Symbol, $"{name}.{member.Symbol.Name}");
            }
            else if (_values.Read(member.Type, out DiagnosticDescriptor? refused, out ITypeSymbol about) is { } value)
            {
                values.Add((member, value));
            }
            else
            {
                Report(refused!, member.Symbol, name, member.Symbol.Name, TypeNames.Of(about));
            }
        }
        // A parameter without its member says nothing new where that was refused.
        if (IsWrong || FindConstructor(type, members, location) is not { } parameters)
        {
            return null;
        }
        List<MemberModel> models = [];
        foreach ((Member member, ValueModel value) in values)
        {
            IParameterSymbol? parameter = parameters.FirstOrDefault(each => SymbolEqualityComparer.Default.Equals(each.Member, member.Symbol)).Parameter;
            MemberRole role = RoleOf(member.Symbol, type);
            // What is required is set, even if the constructor does so, unless that says it.
            if (parameter is { ContainingSymbol: IMethodSymbol constructor } && (!IsRequired(member.Symbol) || SetsRequired(constructor)))
            {
                role = MemberRole.Parameter;
            }
            if (role == MemberRole.WriteOnly)
            {
                Report(Diagnostics.NotReadBack, member.Symbol, name, member.Symbol.Name);
            }
            models.Add(new MemberModel(TypeNames.Escaped(member.Symbol.Name), member.Key as int? ?? models.Count, member.Key as string, value, role,
                parameter is null ? "default" : DefaultOf(parameter), member.Symbol is IFieldSymbol, TypeNames.InCode(member.Symbol.ContainingType)));
        }
        return Create(type, IsMap(type, members), models, [.. parameters.Select(static each => TypeNames.Escaped(each.Member.Name))], [], isUnion: false);
    }

    private TypeModel Create(INamedTypeSymbol type, bool isMap, List<MemberModel> members, List<string> parameters, List<CaseModel> cases, bool isUnion) => new(
        TypeNames.Namespace(type), TypeNames.Class(type), TypeNames.InCode(type), TypeNames.InContract(type),
        new ShapeReader(this, TypeNames.Namespace(type).Replace("@", "")).Read(type), IsPublic(type), type.IsValueType, isMap,
        members.ToEquatable(), parameters.ToEquatable(), cases.ToEquatable(), isUnion,
        type.AllInterfaces.Any(static each => each.ToDisplayString() == Callbacks) ? "global::" + Callbacks : "");

    /// <summary>The constructor to call: the members that it takes.</summary>
    private List<(IParameterSymbol Parameter, ISymbol Member)>? FindConstructor(INamedTypeSymbol type, List<Member> members, Location? location)
    {
        IMethodSymbol[] reachable = [.. type.InstanceConstructors.Where(IsReachable)];
        IMethodSymbol? chosen = reachable.FirstOrDefault(static each => Annotations.Find(each, "SerializationConstructorAttribute") is not null);
        IEnumerable<IMethodSymbol> candidates = chosen is not null ? [chosen] : reachable
            .OrderByDescending(static each => each.DeclaredAccessibility == Accessibility.Public).ThenByDescending(static each => each.Parameters.Length);
        string problem = "add a public one";
        foreach (IMethodSymbol constructor in candidates)
        {
            List<(IParameterSymbol, ISymbol)> matched = [];
            foreach (IParameterSymbol parameter in constructor.Parameters)
            {
                ISymbol? member = Match(parameter, members);
                if (member is null || parameter.RefKind is not (RefKind.None or RefKind.In) || matched.Exists(each => SymbolEqualityComparer.Default.Equals(each.Item2, member)))
                {
                    problem = $"'{parameter.Name}' is no member with its name and type";
                    break;
                }
                matched.Add((parameter, member));
            }
            ISymbol? unset = matched.Count == constructor.Parameters.Length && !SetsRequired(constructor) ? FindRequired(type).FirstOrDefault(each =>
                !members.Exists(member => member.Symbol.Name == each.Name)) : null;
            if (unset is not null)
            {
                problem = $"'{unset.Name}' is required, and no member that is read";
            }
            else if (matched.Count == constructor.Parameters.Length)
            {
                return matched;
            }
        }
        Report(Diagnostics.NoConstructor, location, TypeNames.Of(type), problem);
        return null;
    }

    private static bool SetsRequired(IMethodSymbol constructor) => constructor.GetAttributes().Any(static each => each.AttributeClass?.Name == "SetsRequiredMembersAttribute");

    private static bool IsRequired(ISymbol member) => member is IFieldSymbol { IsRequired: true } or IPropertySymbol { IsRequired: true };

    private static IEnumerable<ISymbol> FindRequired(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? each = type; each is not null; each = each.BaseType)
        {
            foreach (ISymbol member in each.GetMembers().Where(IsRequired))
            {
                yield return member;
            }
        }
    }

    /// <summary>By the name; else, as MessagePack-CSharp does it, by the place if keys are numbers.</summary>
    private static ISymbol? Match(IParameterSymbol parameter, List<Member> members)
    {
        // Names may differ in case from others, too.
        foreach (Member member in members.OrderByDescending(each => each.Symbol.Name == parameter.Name))
        {
            if (string.Equals(member.Symbol.Name, parameter.Name, StringComparison.OrdinalIgnoreCase))
            {
                return SymbolEqualityComparer.Default.Equals(member.Type, parameter.Type) ? member.Symbol : null;
            }
        }
        return members.FirstOrDefault(each => each.Key is int key && key == parameter.Ordinal && SymbolEqualityComparer.Default.Equals(each.Type, parameter.Type)).Symbol;
    }

    private MemberRole RoleOf(ISymbol member, INamedTypeSymbol type) => member switch
    {
        IFieldSymbol { IsReadOnly: true } or IFieldSymbol { IsConst: true } => MemberRole.WriteOnly,
        _ when IsRequired(member) => MemberRole.Required,
        IFieldSymbol => MemberRole.Settable,
        IPropertySymbol { SetMethod: { } setter } when IsReachable(setter) => !setter.IsInitOnly ? MemberRole.Settable
            // The accessor of a generic type cannot be named from outside.
            : ValueReader.IsGeneric(member.ContainingType) ? MemberRole.Required
            : MemberRole.InitOnly,
        _ => MemberRole.WriteOnly,
    };

    private static string DefaultOf(IParameterSymbol parameter)
    {
        if (!parameter.HasExplicitDefaultValue || parameter.ExplicitDefaultValue is not { } value)
        {
            return "default";
        }
        ITypeSymbol type = parameter.Type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable ? nullable.TypeArguments[0] : parameter.Type;
        string literal = value switch
        {
            bool truth => truth ? "true" : "false",
            string text => SymbolDisplay.FormatLiteral(text, quote: true),
            char character => SymbolDisplay.FormatLiteral(character, quote: true),
            double.NaN => "double.NaN",
            double.PositiveInfinity => "double.PositiveInfinity",
            double.NegativeInfinity => "double.NegativeInfinity",
            float.NaN => "float.NaN",
            float.PositiveInfinity => "float.PositiveInfinity",
            float.NegativeInfinity => "float.NegativeInfinity",
            double number => number.ToString("R", CultureInfo.InvariantCulture) + "D",
            float number => number.ToString("R", CultureInfo.InvariantCulture) + "F",
            decimal number => number.ToString(CultureInfo.InvariantCulture) + "M",
            ulong number => number.ToString(CultureInfo.InvariantCulture) + "UL",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
        return type.SpecialType == SpecialType.System_String ? literal : $"unchecked(({TypeNames.InCode(type)})({literal}))";
    }

    private bool IsReachable(ISymbol symbol) => compilation.IsSymbolAccessibleWithin(symbol, compilation.Assembly) && symbol is not INamedTypeSymbol { IsFileLocal: true };

    private static bool IsPublic(ITypeSymbol? type) => type switch
    {
        null => true,
        IArrayTypeSymbol array => IsPublic(array.ElementType),
        INamedTypeSymbol named => named.DeclaredAccessibility == Accessibility.Public && IsPublic(named.ContainingType) && named.TypeArguments.All(IsPublic),
        _ => true,
    };

    private static bool IsOpen(INamedTypeSymbol? type) => type is not null && (type.TypeArguments.Any(static each => each is ITypeParameterSymbol) || IsOpen(type.ContainingType));

    private static Location? LocationOf(AttributeData attribute) => attribute.ApplicationSyntaxReference is { } reference ? reference.SyntaxTree.GetLocation(reference.Span) : null;

    private void Report(DiagnosticDescriptor descriptor, ISymbol about, params string[] arguments) => Report(descriptor, about.Locations.FirstOrDefault(), arguments);

    private void Report(DiagnosticDescriptor descriptor, Location? location, params string[] arguments) =>
        _diagnostics.Add(DiagnosticInfo.Create(descriptor, location is { IsInSource: true } ? location : null, arguments));
}
