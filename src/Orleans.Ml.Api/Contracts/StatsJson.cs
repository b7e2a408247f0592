using System.Text.Json;
using Orleans.Ml.Api.Operations;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Contracts;

/// <summary>Writes stats; order and presence of members: deployment-runtime.md §6.1 to §6.4.</summary>
/// <param name="now">The moment they were gathered.</param>
/// <param name="human">Whether times are shown as text as well.</param>
internal sealed class StatsJson(DateTimeOffset now, bool human)
{
    public void Write(Utf8JsonWriter writer, StatsPage page)
    {
        writer.WriteStartObject();
        writer.WriteNumber("count"u8, page.Count);
        writer.WriteStartArray("trained_model_stats"u8);
        foreach (var model in page.Models)
        {
            var allocations = page.Models.Where(m => m.Model.Config.ModelId == model.Model.Config.ModelId)
                .Sum(m => m.Deployment?.Assignment.TaskParameters.NumberOfAllocations ?? 0);
            Write(writer, model, allocations);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void Write(Utf8JsonWriter writer, ModelStats stats, int allocations)
    {
        var config = stats.Model.Config;
        writer.WriteStartObject();
        writer.WriteString("model_id"u8, config.ModelId);
        writer.WriteStartObject("model_size_stats"u8);
        writer.WriteNumber("model_size_bytes"u8, config.ModelSizeBytes);
        writer.WriteNumber("required_native_memory_bytes"u8, MemoryEstimate.Bytes(config, allocations));
        writer.WriteEndObject();
        writer.WriteNumber("pipeline_count"u8, 0);
        if (stats.Deployment is { } deployment)
        {
            WriteInferenceStats(writer, deployment);
            WriteDeployment(writer, deployment);
        }

        writer.WriteEndObject();
    }

    private void WriteInferenceStats(Utf8JsonWriter writer, DeploymentStats deployment)
    {
        writer.WriteStartObject("inference_stats"u8);
        writer.WriteNumber("failure_count"u8, deployment.Routes.Sum(r => r.Model is { } m ? m.ErrorCount + m.TimeoutCount + m.RejectedCount : 0));
        writer.WriteNumber("inference_count"u8, deployment.Routes.Sum(r => r.Model?.InferenceCount ?? 0));
        writer.WriteNumber("cache_miss_count"u8, 0);
        writer.WriteNumber("missing_all_fields_count"u8, 0);
        writer.WriteTime("timestamp", now, human);
        writer.WriteEndObject();
    }

    private void WriteDeployment(Utf8JsonWriter writer, DeploymentStats deployment)
    {
        var assignment = deployment.Assignment;
        var parameters = assignment.TaskParameters;
        writer.WriteStartObject("deployment_stats"u8);
        writer.WriteString("deployment_id"u8, parameters.DeploymentId);
        writer.WriteString("model_id"u8, parameters.ModelId);
        writer.WriteNumber("threads_per_allocation"u8, parameters.ThreadsPerAllocation);
        writer.WriteNumber("number_of_allocations"u8, parameters.NumberOfAllocations);
        if (parameters.AdaptiveAllocations is { } adaptive)
            AdaptiveAllocationsJson.Write(writer, adaptive);
        writer.WriteNumber("queue_capacity"u8, parameters.QueueCapacity);
        WriteState(writer, assignment);
        writer.WriteString("cache_size"u8, ByteSize.Human(parameters.CacheSizeBytes));
        writer.WriteString("priority"u8, StateNames.Of(parameters.Priority));
        writer.WriteTime("start_time", assignment.StartTime, human);
        writer.WritePositive("error_count", deployment.Routes.Sum(r => r.Model?.ErrorCount ?? 0));
        writer.WritePositive("rejected_execution_count", deployment.Routes.Sum(r => r.Model?.RejectedCount ?? 0));
        writer.WritePositive("timeout_count", deployment.Routes.Sum(r => r.Model?.TimeoutCount ?? 0));
        writer.WritePositive("inference_count", deployment.Routes.Sum(r => r.Model?.InferenceCount ?? 0));
        writer.WriteNumber("peak_throughput_per_minute"u8, deployment.Routes.Sum(r => r.Model?.PeakThroughputPerMinute ?? 0));
        writer.WriteStartArray("nodes"u8);
        foreach (var route in deployment.Routes)
            NodeStatsJson.Write(writer, route, human);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteState(Utf8JsonWriter writer, Assignment assignment)
    {
        var allFailed = !assignment.RoutingTable.IsEmpty && assignment.RoutingTable.Values.All(r => r.State == RoutingState.Failed);
        var state = allFailed ? AssignmentState.Failed : assignment.State;
        var reason = assignment.Reason ?? (allFailed ? "All node routes are failed; see the nodes for their reasons" : null);
        writer.WriteString("state"u8, StateNames.Of(state));
        if (reason is not null)
            writer.WriteString("reason"u8, reason);
        if (state is not (AssignmentState.Starting or AssignmentState.Started) || assignment.AllocationState is not { } allocationState)
            return;
        writer.WriteStartObject("allocation_status"u8);
        writer.WriteNumber("allocation_count"u8, assignment.AllocationCount);
        writer.WriteNumber("target_allocation_count"u8, assignment.TaskParameters.NumberOfAllocations);
        writer.WriteString("state"u8, StateNames.Of(allocationState));
        writer.WriteEndObject();
    }
}
