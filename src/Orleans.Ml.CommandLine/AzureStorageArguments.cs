using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.CommandLine;

/// <summary>Where the storage account comes from: the command line, else the environment; itself or in a file. What it says is repeated nowhere.</summary>
public static class AzureStorageArguments
{
    /// <summary>The account itself.</summary>
    public static readonly Option<string> Account = new("--azure-storage")
    {
        Description = "Join the cluster whose membership, state and models are in this Azure Storage account: its blob address, for which the process's own identity is used, "
            + "or a connection string, which is better told by --azure-storage-file or ORLEANS_ML_AZURE_STORAGE.",
        HelpName = "ACCOUNT",
    };

    /// <summary>A file that holds it.</summary>
    public static readonly Option<string> AccountFile = new("--azure-storage-file")
    {
        Description = "File that holds what --azure-storage would.",
        HelpName = "FILE",
    };

    /// <summary>Reads it; the account is null when nothing says one.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="environment">Looks a variable up.</param>
    /// <param name="account">The account.</param>
    /// <param name="problem">Why it cannot be read.</param>
    public static bool TryRead(
        ParseResult parsed, Func<string, string?> environment, out AzureStorageAccount? account, [NotNullWhen(false)] out string? problem)
    {
        (account, problem) = (null, null);
        var (itself, file) = (parsed.GetValue(Account), parsed.GetValue(AccountFile));
        var (variable, fileVariable) = (EnvironmentArguments.Variable(Account), EnvironmentArguments.Variable(AccountFile));
        if (itself is not null && file is not null)
            problem = "Give either --azure-storage or --azure-storage-file.";
        else if (itself is not null)
            Parse(itself, Account.Name, out account, out problem);
        else if (file is not null)
            ReadFile(file, AccountFile.Name, out account, out problem);
        else if (environment(variable) is { Length: > 0 } text)
            Parse(text, variable, out account, out problem);
        else if (environment(fileVariable) is { Length: > 0 } path)
            ReadFile(path, fileVariable, out account, out problem);
        return problem is null;
    }

    private static void ReadFile(string path, string source, out AzureStorageAccount? account, out string? problem)
    {
        try
        {
            Parse(File.ReadAllText(path), source, out account, out problem);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            (account, problem) = (null, $"{source} cannot be read: {failure.Message}");
        }
    }

    private static void Parse(string text, string source, out AzureStorageAccount? account, out string? problem) =>
        problem = AzureStorageAccount.TryParse(text, out account, out var unreadable) ? null : $"{source} {unreadable}.";
}
