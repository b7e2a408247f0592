using System.Diagnostics.CodeAnalysis;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace Orleans.Ml.Storage.Azure;

/// <summary>The storage account that the nodes of a cluster share. It never tells its keys: its text is its blob address.</summary>
public sealed class AzureStorageAccount
{
    // What is small and asked for while somebody waits: rather a clear no after some seconds than an answer after minutes.
    private static readonly Patience Quick = new(Retries: 2, TimeSpan.FromMilliseconds(200), LongestDelay: TimeSpan.FromSeconds(2), Attempt: TimeSpan.FromSeconds(3));

    // Orleans itself asks for membership again and again, also while it stops.
    private static readonly Patience Membership = Quick with { Retries = 1 };

    // A block of a model on a slow line.
    private static readonly Patience Content = new(Retries: 2, TimeSpan.FromMilliseconds(800), LongestDelay: TimeSpan.FromSeconds(10), Attempt: TimeSpan.FromSeconds(15));

    private AzureStorageAccount(BlobServiceClient state, BlobServiceClient models, TableServiceClient tables) =>
        (State, Models, Tables) = (state, models, tables);

    /// <summary>For grain state and whatever else of blobs is small: a failure within 10 s, 13 s when the account asks for pauses.</summary>
    internal BlobServiceClient State { get; }

    /// <summary>For the content of model files: a failure within 50 s, 65 s with pauses, for each read of a block.</summary>
    internal BlobServiceClient Models { get; }

    /// <summary>For membership: a failure within 7 s, 8 s with pauses.</summary>
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
                account = new(
                    new(text, Quick.Of(new BlobClientOptions())), new(text, Content.Of(new BlobClientOptions())), new(text, Membership.Of(new TableClientOptions())));
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

        TokenCredential credential = new DefaultAzureCredential(Membership.Of(new DefaultAzureCredentialOptions()));
        var tables = new UriBuilder(blobs) { Host = blobs.Host.Replace(".blob.", ".table.", StringComparison.Ordinal) }.Uri;
        account = new(
            new(blobs, credential, Quick.Of(new BlobClientOptions())),
            new(blobs, credential, Content.Of(new BlobClientOptions())),
            new(tables, credential, Membership.Of(new TableClientOptions())));
        return true;
    }

    /// <summary>The blob address; no key.</summary>
    public override string ToString() => State.Uri.GetLeftPart(UriPartial.Path);

    /// <summary>How long a call may take, whatever the service does.</summary>
    private sealed record Patience(int Retries, TimeSpan Delay, TimeSpan LongestDelay, TimeSpan Attempt)
    {
        public TOptions Of<TOptions>(TOptions options)
            where TOptions : ClientOptions
        {
            options.Retry.NetworkTimeout = Attempt;
            options.RetryPolicy = new BoundedRetryPolicy(Retries, Delay, LongestDelay, TimeProvider.System);
            return options;
        }
    }
}
