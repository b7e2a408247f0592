using System.Net;
using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Web.Options;

/// <summary>What the command line or the environment says; one of <paramref name="Redis"/> and <paramref name="AzureStorage"/> is there.</summary>
/// <param name="Address">Where HTTP listens.</param>
/// <param name="Port">Port of HTTP.</param>
/// <param name="Redis">The server that holds the cluster's membership.</param>
/// <param name="AzureStorage">The account that holds the cluster's membership and models.</param>
/// <param name="DataDirectory">The directory of models that the nodes share; not used with an account.</param>
internal sealed record WebSettings(IPAddress Address, int Port, string? Redis, AzureStorageAccount? AzureStorage, string DataDirectory);
