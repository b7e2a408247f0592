using System.Net;

namespace Orleans.Ml.Web.Options;

/// <summary>What the command line or the environment says.</summary>
/// <param name="Address">Where HTTP listens.</param>
/// <param name="Port">Port of HTTP.</param>
/// <param name="Redis">The server that holds the cluster's membership.</param>
/// <param name="DataDirectory">The directory of models that the nodes share.</param>
internal sealed record WebSettings(IPAddress Address, int Port, string Redis, string DataDirectory);
