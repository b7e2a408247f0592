using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Endpoints;

/// <summary>What the cluster is: the first thing every client asks (models-nlp-ingest-security.md §7.3).</summary>
internal sealed class RootEndpoints(IOptions<OrleansMlApiOptions> options, IOptions<ClusterOptions> cluster)
{
    public void Map(IEndpointRouteBuilder routes) => ElasticRoute.Map(routes, "/", new ElasticMethod("GET", GetAsync));

    private Task GetAsync(HttpContext context) => JsonAnswer.WriteAsync(context, this, static (writer, self) => self.Write(writer));

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, options.Value.NodeName);
        writer.WriteString("cluster_name"u8, cluster.Value.ClusterId);
        writer.WriteString("cluster_uuid"u8, ClusterUuid());
        writer.WriteStartObject("version"u8);
        writer.WriteString("number"u8, ElasticsearchVersion.Number);
        writer.WriteString("build_flavor"u8, "default"u8);
        writer.WriteString("build_type"u8, "docker"u8);
        writer.WriteString("build_hash"u8, ElasticsearchVersion.BuildHash);
        writer.WriteString("build_date"u8, ElasticsearchVersion.BuildDate);
        writer.WriteBoolean("build_snapshot"u8, false);
        writer.WriteString("lucene_version"u8, ElasticsearchVersion.Lucene);
        writer.WriteString("minimum_wire_compatibility_version"u8, ElasticsearchVersion.MinimumWireCompatibility);
        writer.WriteString("minimum_index_compatibility_version"u8, ElasticsearchVersion.MinimumIndexCompatibility);
        writer.WriteEndObject();
        writer.WriteString("tagline"u8, "You Know, for Search"u8);
        writer.WriteEndObject();
    }

    // The same on every node and after every restart: it follows from what makes silos one cluster.
    private string ClusterUuid()
    {
        var identity = Encoding.UTF8.GetBytes($"{cluster.Value.ServiceId}/{cluster.Value.ClusterId}");
        return Base64Url.EncodeToString(SHA256.HashData(identity).AsSpan(0, 16));
    }
}
