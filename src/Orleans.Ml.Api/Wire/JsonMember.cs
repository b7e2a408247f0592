using System.Collections.Immutable;
using System.Text.Json;

namespace Orleans.Ml.Api.Wire;

/// <summary>One member of an object in a body, read strictly: the wrong type is an error that names owner and member.</summary>
/// <param name="Owner">What the object is, for errors.</param>
/// <param name="Name">The member's name.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct JsonMember(string Owner, string Name, JsonElement Value)
{
    public bool IsNull => Value.ValueKind == JsonValueKind.Null;

    /// <summary>The members of an object.</summary>
    public static IEnumerable<JsonMember> Of(JsonElement value, string owner)
    {
        foreach (var property in value.EnumerateObject())
            yield return new(owner, property.Name, property.Value);
    }

    /// <summary>The members of this member, which must be an object.</summary>
    public IEnumerable<JsonMember> Members() => Of(Require(JsonValueKind.Object, "an object").Value, Name);

    /// <summary>The only member of this member, which must be an object that names one of something.</summary>
    public JsonMember OnlyMember()
    {
        JsonMember? only = null;
        foreach (var member in Members())
        {
            if (only is not null)
                throw Problem($"must hold exactly one member, has [{Excerpt.Of(only.Value.Name)}] and [{Excerpt.Of(member.Name)}]");
            only = member;
        }

        return only ?? throw Problem("must hold exactly one member, is empty");
    }

    public string String() => Require(JsonValueKind.String, "a string").Value.GetString()!;

    /// <summary>An array of strings.</summary>
    public ImmutableArray<string> Strings()
    {
        var array = Require(JsonValueKind.Array, "an array of strings").Value;
        var strings = ImmutableArray.CreateBuilder<string>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                throw Problem($"must be an array of strings, item [{strings.Count}] is [{Excerpt.Of(item.GetRawText())}]");
            strings.Add(item.GetString()!);
        }

        return strings.MoveToImmutable();
    }

    /// <summary>A boolean, or its name in a string.</summary>
    public bool Boolean() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String when Value.ValueEquals("true"u8) => true,
        JsonValueKind.String when Value.ValueEquals("false"u8) => false,
        _ => throw WrongType("a boolean"),
    };

    /// <summary>An integer; integral floats and numbers in strings count as such.</summary>
    public long Int64() => JsonNumber.TryGetInt64(Value, out var value) ? value : throw WrongType("an integer");

    /// <inheritdoc cref="Int64"/>
    public int Int32() => JsonNumber.TryGetInt64(Value, out var value) && value is >= int.MinValue and <= int.MaxValue
        ? (int)value : throw WrongType("an integer of 32 bits");

    public TimeSpan Time()
    {
        var text = String();
        return TimeValue.TryParse(text, out var value) ? value : throw Caused(MlErrorKind.IllegalArgument, TimeValue.Problem(Name, text));
    }

    public ByteSize Bytes()
    {
        var text = Value.ValueKind == JsonValueKind.Number ? Value.GetRawText() : String();
        return ByteSize.TryParse(text, out var value) ? value : throw Caused(MlErrorKind.Parse, ByteSize.Problem(Name, text));
    }

    /// <summary>A token of a small set, in any case.</summary>
    public T Token<T>(Func<string, T?> parse, string allowed) where T : struct
    {
        var text = String();
        return parse(text) ?? throw Caused(MlErrorKind.IllegalArgument, $"[{Name}] must be one of [{allowed}], was [{Excerpt.Of(text)}]");
    }

    /// <summary>Nothing here has such a member.</summary>
    public MlException Unknown() => new(MlErrorKind.ContentParse, $"[{Owner}] unknown field [{Excerpt.Of(Name)}]");

    /// <summary>This member cannot be as it is.</summary>
    public MlException Problem(string problem) => new(MlErrorKind.ContentParse, $"[{Owner}] failed to parse field [{Name}]: it {problem}");

    /// <summary>This member's value breaks a rule of its own.</summary>
    public MlException Caused(MlErrorKind kind, string reason) =>
        new(MlErrorKind.ContentParse, $"[{Owner}] failed to parse field [{Name}]", new(kind, reason));

    private JsonMember Require(JsonValueKind kind, string expected) => Value.ValueKind == kind ? this : throw WrongType(expected);

    private MlException WrongType(string expected) => Problem($"must be {expected}, was [{Excerpt.Of(Value.GetRawText())}]");
}
