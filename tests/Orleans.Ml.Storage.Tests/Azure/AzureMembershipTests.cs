extern alias official;

using Azure.Data.Tables;
using Orleans.Clustering.AzureStorage;
using Orleans.Ml.Storage.Tests.Conformance;
using Orleans.Ml.Testing.Servers;
using OfficialClustering = official::Orleans.Hosting.AzureTableClusteringExtensions;
using OfficialClusteringOptions = official::Orleans.Clustering.AzureStorage.AzureStorageClusteringOptions;

namespace Orleans.Ml.Storage.Tests.Azure;

public sealed class AzureMembershipTests(Azurite azurite) : MembershipTableTests
{
    protected override async Task<MembershipHost> OpenAsync(string clusterId)
    {
        var service = new TableServiceClient(await azurite.ConnectionStringAsync());
        return MembershipHost.Of(clusterId, silo => silo.UseAzureStorageClustering((AzureStorageClusteringOptions options) => options.TableServiceClient = service));
    }
}

public sealed class OfficialMembershipTests(Azurite azurite) : MembershipTableTests
{
    protected override async Task<MembershipHost> OpenAsync(string clusterId)
    {
        var service = new TableServiceClient(await azurite.ConnectionStringAsync());
        return MembershipHost.Of(clusterId,
            silo => OfficialClustering.UseAzureStorageClustering(silo, (OfficialClusteringOptions options) => options.TableServiceClient = service));
    }
}
