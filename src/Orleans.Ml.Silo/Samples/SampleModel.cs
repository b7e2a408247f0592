using System.Text.Json;

namespace Orleans.Ml.Silo.Samples;

/// <summary>One folder of <c>samples/models</c>: what a user would send to register the model, and a text that shows something.</summary>
/// <param name="Id">The folder's name, which becomes the model's id.</param>
/// <param name="Folder">Where its files are.</param>
/// <param name="Task">Its task, such as <c>ner</c>.</param>
/// <param name="InputField">Where documents hold the text.</param>
/// <param name="Text">A text for the curl line.</param>
internal sealed record SampleModel(string Id, string Folder, string Task, string InputField, string Text)
{
    private static readonly string[] RequiredFiles = ["model.json", "model.pt", "vocabulary.json"];

    /// <summary>The body of the model's creation.</summary>
    public string ConfigPath => Path.Combine(Folder, "model.json");

    /// <summary>The TorchScript archive.</summary>
    public string DefinitionPath => Path.Combine(Folder, "model.pt");

    /// <summary>The body of the vocabulary's upload.</summary>
    public string VocabularyPath => Path.Combine(Folder, "vocabulary.json");

    /// <summary>The task for people.</summary>
    public string Title => Task switch
    {
        "ner" => "named entities",
        "text_classification" => "the language of a text",
        "text_embedding" => "the vector of a text",
        _ => Task,
    };

    /// <summary>The files that are missing in a folder of a sample.</summary>
    public static IReadOnlyList<string> MissingIn(string folder) => [.. RequiredFiles.Where(file => !File.Exists(Path.Combine(folder, file)))];

    /// <summary>Reads a folder that has all its files.</summary>
    /// <exception cref="JsonException">model.json or golden.json is not what it should be.</exception>
    public static SampleModel Read(string folder)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "model.json")));
        var task = config.RootElement.GetProperty("inference_config").EnumerateObject().First().Name;
        var field = config.RootElement.GetProperty("input").GetProperty("field_names")[0].GetString()!;
        return new(Path.GetFileName(folder), folder, task, field, ChooseText(Path.Combine(folder, "golden.json")));
    }

    /// <summary>The first recorded text that names a person, an organisation and a place, or is German; else the first one.</summary>
    private static string ChooseText(string goldenPath)
    {
        if (!File.Exists(goldenPath))
            return "Angela Merkel met Barack Obama in Paris";
        using var golden = JsonDocument.Parse(File.ReadAllBytes(goldenPath));
        var cases = golden.RootElement.GetProperty("cases").EnumerateArray().ToList();
        var shown = cases.FindIndex(ShowsSomething);
        return cases[Math.Max(shown, 0)].GetProperty("text").GetString()!;
    }

    private static bool ShowsSomething(JsonElement recorded)
    {
        if (recorded.TryGetProperty("entities", out var entities))
            return entities.EnumerateArray().Select(e => e.GetProperty("class_name").GetString()).Distinct().Count(c => c is "PER" or "ORG" or "LOC") == 3;
        return recorded.TryGetProperty("top_classes", out var classes) && classes[0].GetProperty("class_name").GetString() == "de";
    }
}
