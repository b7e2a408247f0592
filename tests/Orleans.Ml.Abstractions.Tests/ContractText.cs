using System.Globalization;
using System.Reflection;
using System.Text;

namespace Orleans.Ml.Abstractions.Tests;

/// <summary>
/// Grain contracts as text, one line for each thing that another version of the software relies on: grains by type, interfaces and their methods by
/// alias, types by alias, members by id, enum values by number. Sorted, so that a difference is a change and nothing else.
/// </summary>
internal static class ContractText
{
    public static string Of(IReadOnlyCollection<Assembly> assemblies)
    {
        var text = new StringBuilder();
        foreach (var type in TypesOf(assemblies).OrderBy(NameOf, StringComparer.Ordinal))
        {
            if (IsGrainInterface(type))
                Section(text, $"interface {NameOf(type)}", type.GetMethods().Select(MethodLine));
            else if (type.IsEnum)
                Section(text, $"enum {NameOf(type)} : {Write(Enum.GetUnderlyingType(type))}", Enum.GetNames(type).Select(name => EnumLine(type, name)));
            else if (IsSerializable(type))
                Section(text, $"type {NameOf(type)}{Base(type)}", Members(type).Select(MemberLine));
            else if (GrainTypeOf(type) is { } grain)
                Section(text, $"grain {grain}", type.GetInterfaces().Where(i => IsGrainInterface(i) && AliasOf(i) is not null).Select(NameOf));
        }

        return text.ToString();
    }

    /// <summary>Things that cross the wire without a name of their own, which a renamed class would therefore break.</summary>
    public static IEnumerable<string> FindUnnamed(IReadOnlyCollection<Assembly> assemblies)
    {
        foreach (var type in TypesOf(assemblies))
        {
            var isNamed = type.IsAssignableTo(typeof(Grain)) ? GrainTypeOf(type) is not null : AliasOf(type) is not null;
            if (!isNamed && (IsGrainInterface(type) || IsSerializable(type) || type.IsAssignableTo(typeof(Grain))))
                yield return type.FullName!;
            foreach (var method in IsGrainInterface(type) ? type.GetMethods() : [])
            {
                if (AliasOf(method) is null)
                    yield return $"{type.FullName}.{method.Name}";
            }
        }
    }

    /// <summary>Ids and aliases that are used twice where each may be used once.</summary>
    public static IEnumerable<string> FindAmbiguous(IReadOnlyCollection<Assembly> assemblies)
    {
        var types = TypesOf(assemblies).ToList();
        return Repeated("types", types.Select(AliasOf))
            .Concat(Repeated("grains", types.Select(GrainTypeOf)))
            .Concat(types.Where(t => t.IsInterface).SelectMany(t => Repeated(t.Name, t.GetMethods().Select(AliasOf))))
            .Concat(types.SelectMany(t => Repeated(t.Name, Members(t).Select(m => m.Id.ToString(CultureInfo.InvariantCulture)))));
    }

    private static IEnumerable<string> Repeated(string where, IEnumerable<string?> names) =>
        names.OfType<string>().GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Skip(1).Any()).Select(g => $"{where}: {g.Key}");

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines)
    {
        text.Append(title).Append('\n');
        foreach (var line in lines.Order(StringComparer.Ordinal))
            text.Append("  ").Append(line).Append('\n');
        text.Append('\n');
    }

    private static string MethodLine(MethodInfo method) =>
        $"{AliasOf(method) ?? method.Name}({string.Join(", ", method.GetParameters().Select(p => Write(p.ParameterType)))}) -> {Write(method.ReturnType)}";

    private static string EnumLine(Type type, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture):D4} {name}");

    private static string MemberLine((MemberInfo Member, uint Id) member) => string.Create(CultureInfo.InvariantCulture, $"{member.Id:D2} {member.Member.Name}: {Write(TypeOf(member.Member))}");

    private static IEnumerable<(MemberInfo Member, uint Id)> Members(Type type) => type
        .GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .Where(m => IdOf(m) is not null)
        .Select(m => (m, IdOf(m)!.Value));

    private static uint? IdOf(MemberInfo member) => member.GetCustomAttribute<IdAttribute>(inherit: false)?.Id;

    private static Type TypeOf(MemberInfo member) => member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType;

    private static string Base(Type type) =>
        type.BaseType is { } parent && IsSerializable(parent) ? $" : {NameOf(parent)}" : "";

    private static string NameOf(Type type) => AliasOf(type) ?? type.FullName ?? type.Name;

    // Never the base's: a derived record without an alias of its own would look named.
    private static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias;

    private static string? GrainTypeOf(Type type) =>
        type.GetCustomAttributesData().FirstOrDefault(a => a.AttributeType == typeof(GrainTypeAttribute))?.ConstructorArguments[0].Value as string;

    private static bool IsGrainInterface(Type type) => type.IsInterface && type.IsAssignableTo(typeof(IAddressable));

    private static bool IsSerializable(Type type) => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false);

    private static IEnumerable<Type> TypesOf(IEnumerable<Assembly> assemblies) =>
        assemblies.SelectMany(a => a.GetTypes()).Where(t => t.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) == false);

    private static string Write(Type type)
    {
        if (type.IsArray)
            return Write(type.GetElementType()!) + "[]";
        if (!type.IsGenericType)
            return type.Assembly == typeof(MlException).Assembly ? NameOf(type) : type.Name;
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Write))}>";
    }
}
