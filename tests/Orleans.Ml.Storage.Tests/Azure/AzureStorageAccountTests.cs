using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Storage.Tests.Azure;

public sealed class AzureStorageAccountTests
{
    private const string Secret = "c2VjcmV0LWtleS0xMjM0NQ==";

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1")]
    [InlineData($"DefaultEndpointsProtocol=https;AccountName=models;AccountKey={Secret};EndpointSuffix=core.windows.net\n", "https://models.blob.core.windows.net/")]
    [InlineData("https://models.blob.core.windows.net", "https://models.blob.core.windows.net/")]
    [InlineData(" https://models.blob.core.windows.net/ ", "https://models.blob.core.windows.net/")]
    public void TellsTheBlobAddressAndNoKey_WhateverItWasReadFrom(string text, string shown)
    {
        Assert.True(AzureStorageAccount.TryParse(text, out var account, out _));

        Assert.Equal(shown, account.ToString());
    }

    [Fact]
    public void FindsTheTablesBesideTheBlobs()
    {
        Assert.True(AzureStorageAccount.TryParse("https://models.blob.core.windows.net", out var account, out _));

        Assert.Equal("https://models.table.core.windows.net/", account.Tables.Uri.AbsoluteUri);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Secret)]
    [InlineData($"AccountName=models;AccountKey={Secret}x")]
    [InlineData($"DefaultEndpointsProtocol=https;AccountKey={Secret}")]
    [InlineData($"BlobEndpoint=http://127.0.0.1:1/a;AccountName=a;AccountKey=not-base64-{Secret}")]
    [InlineData($"https://models.blob.core.windows.net/?sig={Secret}")]
    [InlineData($"https://me:{Secret}@models.blob.core.windows.net/")]
    [InlineData("http://models.blob.core.windows.net")]
    [InlineData("https://models.example.org")]
    public void SaysWhatItExpectsAndRepeatsNothing_WhenItCannotBeRead(string text)
    {
        Assert.False(AzureStorageAccount.TryParse(text, out _, out var problem));

        Assert.DoesNotContain("c2Vjcm", problem, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("connection string", problem, StringComparison.Ordinal);
    }
}
