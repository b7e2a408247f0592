using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.OpenApi;

/// <summary>One method of a path in the OpenAPI document.</summary>
internal static partial class OpenApiOperation
{
    // A route nobody has described is in the document nevertheless, without a description; a test finds it.
    public static JsonObject Build(string pattern, ElasticMethod method, JsonObject descriptions, bool isHead)
    {
        var described = descriptions["operations"]![$"{method.Name} {pattern}"] as JsonObject ?? [];
        var operation = new JsonObject();
        if (described["operationId"] is { } id)
            operation["operationId"] = isHead ? $"{id}.head" : id.GetValue<string>();
        if (described["summary"] is { } summary)
            operation["summary"] = summary.DeepClone();
        if (described["deprecated"] is { } deprecated)
            operation["deprecated"] = deprecated.DeepClone();
        operation["parameters"] = Parameters(pattern, method, descriptions);
        if (method.ReadsBody)
            operation["requestBody"] = Body(described);
        operation["responses"] = new JsonObject
        {
            ["200"] = isHead ? new JsonObject { ["description"] = "As GET, without a body." } : Answer("The answer.", described["response"], described["text"] is not null),
            ["default"] = isHead ? new JsonObject { ["description"] = "As GET, without a body." } : Answer("What was wrong.", JsonValue.Create("Error"), isText: false),
        };
        return operation;
    }

    private static JsonArray Parameters(string pattern, ElasticMethod method, JsonObject descriptions)
    {
        var parameters = new JsonArray();
        foreach (Match part in PathPart().Matches(pattern))
        {
            var name = part.Groups[1].Value;
            parameters.Add(new JsonObject
            {
                ["name"] = name,
                ["in"] = "path",
                ["required"] = true,
                ["description"] = descriptions["pathParameters"]![name]?.DeepClone(),
                ["schema"] = new JsonObject { ["type"] = "string" },
            });
        }

        foreach (var name in method.Parameters.Concat(QueryParameters.CommonNames).Concat(method.ReadsBody ? SourceBody.Parameters : []))
        {
            var parameter = new JsonObject { ["name"] = name, ["in"] = "query" };
            foreach (var (member, value) in descriptions["parameters"]![name] as JsonObject ?? [])
                parameter[member] = value?.DeepClone();
            if (parameter["schema"]?["type"]?.ToString() == "array")
                (parameter["style"], parameter["explode"]) = ("form", false);
            parameters.Add(parameter);
        }

        return parameters;
    }

    private static JsonObject Body(JsonObject described) => new()
    {
        ["required"] = described["bodyRequired"]?.DeepClone() ?? false,
        ["content"] = Content(described["body"], isText: false),
    };

    private static JsonObject Answer(string description, JsonNode? schema, bool isText) =>
        new() { ["description"] = description, ["content"] = Content(schema, isText) };

    private static JsonObject Content(JsonNode? schema, bool isText)
    {
        var content = new JsonObject();
        if (isText)
        {
            foreach (var type in (string[])["text/plain", MediaTypes.Yaml])
                content[type] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } };
        }

        foreach (var type in (string[])[MediaTypes.Json, MediaTypes.VendorJson9, MediaTypes.VendorJson8])
            content[type] = schema is null ? [] : new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" } };
        return content;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex PathPart();
}
