using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests.Docker;

/// <summary>The instructions of infra/docker/Dockerfile, by stage.</summary>
internal sealed class Dockerfile
{
    private Dockerfile(IReadOnlyDictionary<string, IReadOnlyList<string>> stages, IReadOnlyDictionary<string, string> bases) => (Stages, Bases) = (stages, bases);

    /// <summary>The one file.</summary>
    public static Dockerfile Ours { get; } = Read();

    /// <summary>Each stage's instructions, without the FROM.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Stages { get; }

    /// <summary>What each stage is made from.</summary>
    public IReadOnlyDictionary<string, string> Bases { get; }

    /// <summary>Those of an image and of what it is made from, the oldest first.</summary>
    public IEnumerable<string> Of(string stage) => (Bases.TryGetValue(Bases[stage], out _) ? Of(Bases[stage]) : []).Concat(Stages[stage]);

    /// <summary>The variables that an image sets.</summary>
    public IReadOnlyDictionary<string, string> Environment(string stage) => Of(stage)
        .Where(instruction => instruction.StartsWith("ENV ", StringComparison.Ordinal))
        .SelectMany(instruction => instruction[4..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(setting => setting.Split('=', 2))
        .ToDictionary(setting => setting[0], setting => setting[1]);

    private static Dockerfile Read()
    {
        var lines = File.ReadAllLines(Path.Combine(TestModels.Repository, "infra", "docker", "Dockerfile")).Where(line => !line.StartsWith('#'));
        var text = string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal);
        var stages = new Dictionary<string, IReadOnlyList<string>>();
        var bases = new Dictionary<string, string>();
        var current = new List<string>();
        foreach (var instruction in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (instruction.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["FROM", var from, "AS", var name])
                (bases[name], stages[name]) = (from, current = []);
            else
                current.Add(instruction);
        }

        return new(stages, bases);
    }
}
