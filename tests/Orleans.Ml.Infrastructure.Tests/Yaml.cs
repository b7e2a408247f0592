using System.Text.Json.Nodes;
using Orleans.Ml.Testing;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Orleans.Ml.Infrastructure.Tests;

/// <summary>The repository's YAML as JSON.</summary>
internal static class Yaml
{
    /// <summary>A file of one document, anchors and merges resolved.</summary>
    public static JsonNode Read(params string[] path)
    {
        using var text = File.OpenText(Path.Combine([TestModels.Repository, .. path]));
        return ToJson(new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(new MergingParser(new Parser(text))))!;
    }

    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        IDictionary<object, object?> map => new JsonObject(map.Select(pair => KeyValuePair.Create(pair.Key.ToString()!, ToJson(pair.Value)))),
        IEnumerable<object?> list => new JsonArray([.. list.Select(ToJson)]),
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        double or float => JsonValue.Create(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)),
    };
}
