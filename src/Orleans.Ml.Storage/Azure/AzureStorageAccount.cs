using System.Diagnostics.CodeAnalysis;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace Orleans.Ml.Storage.Azure;

/// <summary>The storage account that the nodes of a cluster share. It never tells its keys: its text is its blob address.</summary>
public sealed class AzureStorageAccount
{
    // State and membership are small and asked for while somebody waits: rather a clear no after some seconds than an answer after minutes.
    private const int QuickRetries = 2;
    private static readonly TimeSpan QuickDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan QuickMaxDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan QuickTimeout = TimeSpan.FromSeconds(3);

    private AzureStorageAccount(BlobServiceClient state, BlobServiceClient models, TableServiceClient tables) =>
        (State, Models, Tables) = (state, models, tables);

    /// <summary>For grain state.</summary>
    internal BlobServiceClient State { get; }

    /// <summary>For model files: as patient as the library's defaults are.</summary>
    internal BlobServiceClient Models { get; }

    /// <summary>For membership.</summary>
    internal TableServiceClient Tables { get; }

    /// <summary>
    /// Reads a connection string, or the account's blob address such as <c>https://account.blob.core.windows.net</c>, for which this process's own
    /// identity is used (managed identity in Azure).
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="account">The account.</param>
    /// <param name="problem">Why there is none; repeats nothing of the text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out AzureStorageAccount? account, [NotNullWhen(false)] out string? problem)
    {
        (account, problem) = (null, null);
        text = text.Trim();
        if (!text.Contains("://", StringComparison.Ordinal) || text.Contains(';', StringComparison.Ordinal))
        {
            try
            {
                account = new(new(text, Quick(new BlobClientOptions())), new(text), new(text, Quick(new TableClientOptions())));
                return true;
            }
            catch (Exception unreadable) when (unreadable is FormatException or ArgumentException or InvalidOperationException or KeyNotFoundException)
            {
                problem = "is no connection string of an Azure Storage account with blobs and tables";
                return false;
            }
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var blobs) || blobs.Scheme != Uri.UriSchemeHttps || blobs.Query.Length > 0 || blobs.UserInfo.Length > 0
            || !blobs.Host.Contains(".blob.", StringComparison.Ordinal))
        {
            problem = "must be a connection string, or an address such as https://account.blob.core.windows.net without a query";
            return false;
        }

        TokenCredential credential = new DefaultAzureCredential();
        var tables = new UriBuilder(blobs) { Host = blobs.Host.Replace(".blob.", ".table.", StringComparison.Ordinal) }.Uri;
        account = new(new(blobs, credential, Quick(new BlobClientOptions())), new(blobs, credential), new(tables, credential, Quick(new TableClientOptions())));
        return true;
    }

    /// <summary>The blob address; no key.</summary>
    public override string ToString() => State.Uri.GetLeftPart(UriPartial.Path);

    private static TOptions Quick<TOptions>(TOptions options)
        where TOptions : ClientOptions
    {
        (options.Retry.MaxRetries, options.Retry.Delay, options.Retry.MaxDelay, options.Retry.NetworkTimeout) = (QuickRetries, QuickDelay, QuickMaxDelay, QuickTimeout);
        return options;
    }
}
