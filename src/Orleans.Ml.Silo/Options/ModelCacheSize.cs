using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

namespace Orleans.Ml.Silo.Options;

/// <summary>How much of the account's models a node keeps on its disk: told by the command line, else by the environment.</summary>
internal static class ModelCacheSize
{
    /// <summary>The variable of the environment that may hold it.</summary>
    public const string Variable = "ORLEANS_ML_MODEL_CACHE";

    /// <summary>10 GB.</summary>
    public const long DefaultBytes = 10L << 30;

    /// <summary>Reads it, in bytes.</summary>
    public static bool TryRead(ParseResult parsed, Func<string, string?> environment, out long bytes, [NotNullWhen(false)] out string? problem)
    {
        (bytes, problem) = (DefaultBytes, null);
        var option = parsed.GetValue(NodeArguments.ModelCache);
        var text = option ?? environment(Variable);
        if (!string.IsNullOrEmpty(text) && !ByteSize.TryParse(text, out bytes))
            problem = $"{(option is null ? Variable : "--model-cache")} must be a byte size such as 512mb or 20gb, was [{text}].";
        return problem is null;
    }
}
