using System.Collections.Immutable;
using System.Text.Json;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Contracts;

/// <summary>An explanation, with what runs.</summary>
/// <param name="ModelId">The model.</param>
/// <param name="Explanation">What is planned and what is missing.</param>
/// <param name="Assignment">What runs; null of a start that was only proposed.</param>
internal sealed record ExplainedDeployment(string ModelId, PlacementExplanation Explanation, Assignment? Assignment);

/// <summary>Writes why a deployment has the allocations it has. Ours, not Elasticsearch's: docs/explain.md.</summary>
internal static class ExplanationJson
{
    public static void Write(Utf8JsonWriter writer, ExplainedDeployment deployment)
    {
        var (explanation, assignment) = (deployment.Explanation, deployment.Assignment);
        writer.WriteStartObject();
        writer.WriteString("deployment_id"u8, explanation.DeploymentId);
        writer.WriteString("model_id"u8, deployment.ModelId);
        if (assignment is null)
            writer.WriteBoolean("dry_run"u8, true);
        else
            writer.WriteString("assignment_state"u8, StateNames.Of(assignment.State));
        writer.WriteNumber("number_of_allocations"u8, explanation.NumberOfAllocations);
        writer.WriteNumber("planned_allocations"u8, explanation.PlacedAllocations);
        if (assignment is not null)
            writer.WriteNumber("started_allocations"u8, assignment.AllocationCount);
        writer.WriteNumber("unplaced_allocations"u8, Math.Max(0, explanation.NumberOfAllocations - explanation.PlacedAllocations));
        if (explanation.FitsNow)
            writer.WriteString("reason"u8, "There is room by now; the allocations come with the next plan");
        else if (assignment?.Reason is { } reason)
            writer.WriteString("reason"u8, reason);
        WriteNodes(writer, explanation, assignment);
        if (assignment is null)
            WriteDisplaced(writer, explanation);
        WriteChange(writer, explanation.SmallestChange);
        writer.WriteEndObject();
    }

    private static void WriteNodes(Utf8JsonWriter writer, PlacementExplanation explanation, Assignment? assignment)
    {
        var routes = assignment?.RoutingTable ?? ImmutableSortedDictionary<string, Route>.Empty;
        var capacity = explanation.Capacity.ToDictionary(c => c.NodeId, StringComparer.Ordinal);
        var shortfalls = explanation.Nodes.ToDictionary(n => n.NodeId, StringComparer.Ordinal);
        writer.WriteStartObject("nodes"u8);
        foreach (var nodeId in capacity.Keys.Union(routes.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            writer.WriteStartObject(nodeId);
            NodeCapacity? node = capacity.TryGetValue(nodeId, out var known) ? known : null;
            var route = routes.GetValueOrDefault(nodeId);
            writer.WriteNumber("planned_allocations"u8, node?.PlannedAllocations ?? route?.TargetAllocations ?? 0);
            if (assignment is not null)
                writer.WriteNumber("started_allocations"u8, route is { IsRoutable: true } ? route.CurrentAllocations : 0);
            if (route is not null)
                writer.WriteString("routing_state"u8, StateNames.Of(route.State));
            if (node is { } room)
            {
                WriteResource(writer, "processors", room.Processors, room.FreeProcessors, room.NeededProcessors);
                WriteResource(writer, "memory_bytes", room.MemoryBytes, room.FreeMemoryBytes, room.NeededMemoryBytes);
            }

            if (shortfalls.TryGetValue(nodeId, out var shortfall))
                WriteShortfall(writer, shortfall);
            else if (route is { Reason: { Length: > 0 } failure })
                writer.WriteString("reason"u8, failure);
            else if (node is null)
                writer.WriteString("reason"u8, "The node does not answer or has left; what is planned there is kept while it is a member");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter writer, string name, long total, long free, long needed)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("total"u8, total);
        writer.WriteNumber("free"u8, free);
        writer.WriteNumber("needed"u8, needed);
        writer.WriteEndObject();
    }

    private static void WriteShortfall(Utf8JsonWriter writer, NodeShortfall shortfall)
    {
        writer.WriteStartObject("shortfall"u8);
        writer.WriteString("resource"u8, shortfall.Resource switch
        {
            ScarceResource.Memory => "memory_bytes",
            ScarceResource.Processors => "processors",
            _ => "low_priority_deployments",
        });
        writer.WriteNumber("missing"u8, shortfall.Missing);
        writer.WriteEndObject();
        writer.WriteString("reason"u8, ExplanationText.Of(shortfall));
    }

    private static void WriteDisplaced(Utf8JsonWriter writer, PlacementExplanation explanation)
    {
        writer.WriteStartArray("displaced_deployments"u8);
        foreach (var id in explanation.Displaced)
            writer.WriteStringValue(id);
        writer.WriteEndArray();
    }

    private static void WriteChange(Utf8JsonWriter writer, SmallestChange change)
    {
        if (change == SmallestChange.None)
        {
            writer.WriteNull("smallest_change"u8);
            return;
        }

        writer.WriteStartObject("smallest_change"u8);
        if (change.NumberOfAllocations is { } allocations)
            writer.WriteNumber("number_of_allocations"u8, allocations);
        if (change.ThreadsPerAllocation is { } threads)
            writer.WriteNumber("threads_per_allocation"u8, threads);
        if (change is { NewNodeProcessors: { } processors, NewNodeMemoryBytes: { } memoryBytes })
        {
            writer.WriteStartObject("new_node"u8);
            writer.WriteNumber("processors"u8, processors);
            writer.WriteNumber("memory_bytes"u8, memoryBytes);
            writer.WriteEndObject();
        }

        if (ExplanationText.Of(change) is { } text)
            writer.WriteString("reason"u8, text);
        writer.WriteEndObject();
    }
}
