using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Silo.Options;

/// <summary>Where the storage account comes from: the command line, else a file, else the environment. What it says is repeated nowhere.</summary>
internal static class AzureStorageSource
{
    /// <summary>The variable of the environment that may hold it.</summary>
    public const string Variable = "ORLEANS_ML_AZURE_STORAGE";

    /// <summary>Reads it; the account is null when nothing says one.</summary>
    public static bool TryRead(
        ParseResult parsed, Func<string, string?> environment, out AzureStorageAccount? account, [NotNullWhen(false)] out string? problem)
    {
        (account, problem) = (null, null);
        var (option, file) = (parsed.GetValue(NodeArguments.AzureStorage), parsed.GetValue(NodeArguments.AzureStorageFile));
        if (option is not null && file is not null)
            problem = "Give either --azure-storage or --azure-storage-file.";
        else if (option is not null)
            Parse(option, "--azure-storage", out account, out problem);
        else if (file is not null)
            ReadFile(file, out account, out problem);
        else if (environment(Variable) is { Length: > 0 } text)
            Parse(text, Variable, out account, out problem);
        return problem is null;
    }

    private static void ReadFile(string path, out AzureStorageAccount? account, out string? problem)
    {
        try
        {
            Parse(File.ReadAllText(path), "--azure-storage-file", out account, out problem);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            (account, problem) = (null, $"--azure-storage-file cannot be read: {failure.Message}");
        }
    }

    private static void Parse(string text, string source, out AzureStorageAccount? account, out string? problem) =>
        problem = AzureStorageAccount.TryParse(text, out account, out var unreadable) ? null : $"{source} {unreadable}.";
}
