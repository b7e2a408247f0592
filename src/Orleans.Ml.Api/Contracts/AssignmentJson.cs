using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Contracts;

/// <summary>Writes an assignment as <c>_start</c> answers it; order and presence of members: deployment-runtime.md §1.1 "Success body".</summary>
internal static class AssignmentJson
{
    public static void Write(Utf8JsonWriter writer, Assignment assignment)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("assignment"u8);
        WriteParameters(writer, assignment.TaskParameters);
        writer.WriteStartObject("routing_table"u8);
        foreach (var (nodeId, route) in assignment.RoutingTable)
        {
            writer.WriteStartObject(nodeId);
            writer.WriteNumber("current_allocations"u8, route.CurrentAllocations);
            writer.WriteNumber("target_allocations"u8, route.TargetAllocations);
            writer.WriteString("routing_state"u8, StateNames.Of(route.State));
            writer.WriteString("reason"u8, route.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteString("assignment_state"u8, StateNames.Of(assignment.State));
        if (assignment.Reason is { } reason)
            writer.WriteString("reason"u8, reason);
        writer.WriteString("start_time"u8, Iso8601.Micros(assignment.StartTime));
        writer.WriteNumber("max_assigned_allocations"u8, assignment.MaxAssignedAllocations);
        if (assignment.TaskParameters.AdaptiveAllocations is { } adaptive)
            AdaptiveAllocationsJson.Write(writer, adaptive);
        else
            writer.WriteNull("adaptive_allocations"u8);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter writer, TaskParameters parameters)
    {
        writer.WriteStartObject("task_parameters"u8);
        writer.WriteString("model_id"u8, parameters.ModelId);
        writer.WriteString("deployment_id"u8, parameters.DeploymentId);
        writer.WriteNumber("model_bytes"u8, parameters.ModelBytes);
        writer.WriteNumber("threads_per_allocation"u8, parameters.ThreadsPerAllocation);
        writer.WriteNumber("number_of_allocations"u8, parameters.NumberOfAllocations);
        writer.WriteNumber("queue_capacity"u8, parameters.QueueCapacity);
        writer.WriteString("cache_size"u8, parameters.CacheSize);
        writer.WriteString("priority"u8, StateNames.Of(parameters.Priority));
        writer.WriteNumber("per_deployment_memory_bytes"u8, parameters.PerDeploymentMemoryBytes);
        writer.WriteNumber("per_allocation_memory_bytes"u8, parameters.PerAllocationMemoryBytes);
        writer.WriteEndObject();
    }
}
