using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Ml.Api.Wire;

/// <summary>
/// The <c>filter_path</c> of a request: dotted patterns with <c>*</c> inside a name and <c>**</c> for any depth; a leading <c>-</c> takes away.
/// Arrays are no level of their own. What a filter empties disappears. Rules: models-nlp-ingest-security.md §7.2.
/// </summary>
internal sealed class FieldFilter
{
    private readonly string[][] _includes;
    private readonly string[][] _excludes;

    private FieldFilter(string[][] includes, string[][] excludes) => (_includes, _excludes) = (includes, excludes);

    /// <summary>Reads the parameter; null when it asks for nothing.</summary>
    public static FieldFilter? Parse(string? text)
    {
        var patterns = text?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        var includes = patterns.Where(p => p[0] != '-').Select(Split).Where(p => p.Length > 0).ToArray();
        var excludes = patterns.Where(p => p[0] == '-').Select(p => Split(p[1..])).Where(p => p.Length > 0).ToArray();
        return includes.Length + excludes.Length == 0 ? null : new(includes, excludes);
    }

    /// <summary>What is left of a JSON value; an empty object when nothing is.</summary>
    public JsonNode? Apply(JsonElement root)
    {
        var include = _includes.Length == 0 ? null : Start(_includes);
        return Keep(root, include, Start(_excludes), out var kept) ? kept : root.ValueKind == JsonValueKind.Array ? new JsonArray() : new JsonObject();
    }

    private static string[] Split(string pattern) => pattern.Split('.', StringSplitOptions.RemoveEmptyEntries);

    private static List<Position> Start(string[][] patterns)
    {
        var positions = new List<Position>();
        foreach (var pattern in patterns)
            Add(positions, new(pattern, 0));
        return positions;
    }

    // Null for included means that all below is.
    private static bool Keep(JsonElement value, List<Position>? included, List<Position> excluded, out JsonNode? kept)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                kept = KeepObject(value, included, excluded);
                return kept is not null;
            case JsonValueKind.Array:
                kept = KeepArray(value, included, excluded);
                return kept is not null;
            default:
                kept = JsonValue.Create(value.Clone());
                return included is null;
        }
    }

    private static JsonObject? KeepObject(JsonElement value, List<Position>? included, List<Position> excluded)
    {
        var kept = new JsonObject();
        var isEmpty = true;
        foreach (var property in value.EnumerateObject())
        {
            isEmpty = false;
            var takesAway = Step(excluded, property.Name, out var excludedBelow);
            if (takesAway)
                continue;
            List<Position>? includedBelow = null;
            if (included is not null && !Step(included, property.Name, out includedBelow) && includedBelow.Count == 0)
                continue;
            if (included is not null && Step(included, property.Name, out _))
                includedBelow = null;
            if (Keep(property.Value, includedBelow, excludedBelow, out var child))
                kept[property.Name] = child;
        }

        return kept.Count > 0 || (isEmpty && included is null) ? kept : null;
    }

    private static JsonArray? KeepArray(JsonElement value, List<Position>? included, List<Position> excluded)
    {
        var kept = new JsonArray();
        foreach (var item in value.EnumerateArray())
        {
            if (Keep(item, included, excluded, out var child))
                kept.Add(child);
        }

        return kept.Count > 0 || (value.GetArrayLength() == 0 && included is null) ? kept : null;
    }

    // All patterns walk at once, so that no number of ** can make it explode.
    private static bool Step(List<Position> positions, string name, out List<Position> below)
    {
        below = [];
        var matched = false;
        foreach (var (pattern, index) in positions)
        {
            if (pattern[index] == "**")
            {
                Add(below, new(pattern, index));
                matched |= index == pattern.Length - 1;
            }
            else if (Wildcard.Matches(pattern[index], name))
            {
                matched |= index == pattern.Length - 1;
                Add(below, new(pattern, index + 1));
            }
        }

        return matched;
    }

    private static void Add(List<Position> positions, Position position)
    {
        for (; position.Index < position.Pattern.Length; position = position with { Index = position.Index + 1 })
        {
            if (!positions.Contains(position))
                positions.Add(position);
            if (position.Pattern[position.Index] != "**")
                return;
        }
    }

    private readonly record struct Position(string[] Pattern, int Index);
}
