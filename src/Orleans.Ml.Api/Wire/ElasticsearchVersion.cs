namespace Orleans.Ml.Api.Wire;

/// <summary>
/// The Elasticsearch this server presents itself as; clients decide by it which features to use (models-nlp-ingest-security.md §7.3).
/// </summary>
internal static class ElasticsearchVersion
{
    public const string Number = "9.2.0";
    public const string BuildHash = "0000000000000000000000000000000000000000";
    public const string BuildDate = "2025-10-21T10:06:21.288851013Z";
    public const string Lucene = "10.3.0";
    public const string MinimumWireCompatibility = "8.19.0";
    public const string MinimumIndexCompatibility = "8.0.0";

    /// <summary>The version that trained model configurations carry; opaque to clients.</summary>
    public const string MlConfig = "12.0.0";
}
