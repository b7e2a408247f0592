using System.Text.RegularExpressions;
using Orleans.Configuration;
using Orleans.Persistence.AzureStorage;

namespace Orleans.Ml.Storage.Azure;

/// <summary>Refuses at start what Azure would refuse at the first call.</summary>
internal sealed partial class AzureTableOptionsValidator(string name, AzureStorageOperationOptions options) : IConfigurationValidator
{
    /// <inheritdoc/>
    public void ValidateConfiguration()
    {
        if (options.TableServiceClient is null)
            throw new OrleansConfigurationException($"{options.GetType().Name} [{name}] needs a TableServiceClient");
        if (!TableName().IsMatch(options.TableName))
            throw new OrleansConfigurationException($"{options.GetType().Name} [{name}]: a table's name is a letter and 2 to 62 letters and digits, was [{options.TableName}]");
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9]{2,62}\z")]
    private static partial Regex TableName();
}

/// <summary>Refuses at start what Azure would refuse at the first call.</summary>
internal sealed partial class AzureBlobOptionsValidator(string name, AzureBlobStorageOptions options) : IConfigurationValidator
{
    /// <inheritdoc/>
    public void ValidateConfiguration()
    {
        if (options.BlobServiceClient is null)
            throw new OrleansConfigurationException($"{nameof(AzureBlobStorageOptions)} [{name}] needs a BlobServiceClient");
        if (options.ContainerName.Length is < 3 or > 63 || !ContainerName().IsMatch(options.ContainerName))
            throw new OrleansConfigurationException(
                $"{nameof(AzureBlobStorageOptions)} [{name}]: a container's name is 3 to 63 lower-case letters, digits and single inner '-', was [{options.ContainerName}]");
    }

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex ContainerName();
}
