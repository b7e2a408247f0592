using System.Globalization;
using System.Text.Json;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Contracts;

/// <summary>Writes one node's line of a deployment's stats; order and presence of members: deployment-runtime.md §6.5.</summary>
internal static class NodeStatsJson
{
    public static void Write(Utf8JsonWriter writer, RouteStats route, bool human)
    {
        writer.WriteStartObject();
        if (route.Node is { } node)
            WriteNode(writer, node);
        WriteRoutingState(writer, route);
        if (route is { Route.State: RoutingState.Started, Model: { } model })
        {
            WriteCounters(writer, model, human);
        }
        else
        {
            writer.WriteNumber("peak_throughput_per_minute"u8, 0);
            writer.WriteNumber("throughput_last_minute"u8, 0);
        }

        writer.WriteEndObject();
    }

    /// <summary>A counter that is shown only when it has counted something.</summary>
    public static void WritePositive(this Utf8JsonWriter writer, string name, long count)
    {
        if (count > 0)
            writer.WriteNumber(name, count);
    }

    private static void WriteNode(Utf8JsonWriter writer, NodeSnapshot node)
    {
        writer.WriteStartObject("node"u8);
        writer.WriteStartObject(node.NodeId);
        writer.WriteString("name"u8, node.NodeId);
        writer.WriteString("ephemeral_id"u8, node.Epoch.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("transport_address"u8, node.Address);
        writer.WriteString("external_id"u8, node.NodeId);
        writer.WriteStartObject("attributes"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("roles"u8);
        writer.WriteStringValue("ml"u8);
        writer.WriteEndArray();
        writer.WriteString("version"u8, node.ProductVersion);
        writer.WriteNumber("min_index_version"u8, 0);
        writer.WriteNumber("max_index_version"u8, 0);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteRoutingState(Utf8JsonWriter writer, RouteStats route)
    {
        // A started route whose node answers without such a model has lost it; whether a silent node has it nobody knows.
        var (state, reason) = route switch
        {
            { Route.State: RoutingState.Started, Node: null } =>
                (RoutingState.Started, $"node [{route.NodeId}] did not answer within [{TimeValue.Format(StatsCollection.NodeTimeout)}]"),
            { Route.State: RoutingState.Started, Model: null } => (RoutingState.Stopped, ""),
            _ => (route.Route.State, route.Route.Reason),
        };
        writer.WriteStartObject("routing_state"u8);
        writer.WriteString("routing_state"u8, StateNames.Of(state));
        if (!string.IsNullOrEmpty(reason))
            writer.WriteString("reason"u8, reason);
        writer.WriteEndObject();
    }

    private static void WriteCounters(Utf8JsonWriter writer, LoadedModelStats model, bool human)
    {
        writer.WriteNumber("inference_count"u8, model.InferenceCount);
        if (model.InferenceCount > 0)
        {
            writer.WriteNumber("average_inference_time_ms"u8, model.InferenceTimeMs / model.InferenceCount);
            writer.WriteNumber("average_inference_time_ms_excluding_cache_hits"u8, model.InferenceTimeMs / model.InferenceCount);
        }

        if (model.MemoryBytes > 0)
            writer.WriteNumber("average_inference_process_memory_rss_bytes"u8, model.MemoryBytes);
        writer.WriteNumber("inference_cache_hit_count"u8, 0);
        if (model.LastAccess is { } lastAccess)
            writer.WriteTime("last_access", lastAccess, human);
        writer.WriteNumber("number_of_pending_requests"u8, model.PendingRequests);
        writer.WritePositive("error_count", model.ErrorCount);
        writer.WritePositive("rejected_execution_count", model.RejectedCount);
        writer.WritePositive("timeout_count", model.TimeoutCount);
        writer.WriteTime("start_time", model.StartTime, human);
        writer.WriteNumber("threads_per_allocation"u8, model.ThreadsPerAllocation);
        writer.WriteNumber("number_of_allocations"u8, model.Allocations);
        writer.WriteNumber("peak_throughput_per_minute"u8, model.PeakThroughputPerMinute);
        writer.WriteNumber("throughput_last_minute"u8, model.ThroughputLastMinute);
        if (model.ThroughputLastMinute > 0)
            writer.WriteNumber("average_inference_time_ms_last_minute"u8, model.InferenceTimeMsLastMinute / model.ThroughputLastMinute);
        writer.WriteNumber("inference_cache_hit_count_last_minute"u8, 0);
    }
}
