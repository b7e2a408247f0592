using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Contracts;

/// <summary>Reads and writes <c>adaptive_allocations</c>. Members: deployment-runtime.md §1.1, §1.3.</summary>
internal static class AdaptiveAllocationsJson
{
    /// <summary>What a body says of them; null, as a whole or as a bound, takes away.</summary>
    public static AdaptiveAllocationsChange Read(JsonMember adaptive)
    {
        if (adaptive.IsNull)
            return new(IsRemoval: true);
        var change = new AdaptiveAllocationsChange();
        foreach (var member in adaptive.Members())
        {
            change = member.Name switch
            {
                "enabled" => change with { Enabled = member.Boolean() },
                "min_number_of_allocations" => change with { MinNumberOfAllocations = Bound(member) },
                "max_number_of_allocations" => change with { MaxNumberOfAllocations = Bound(member) },
                _ => throw member.Unknown(),
            };
        }

        return change;
    }

    public static void Write(Utf8JsonWriter writer, AdaptiveAllocations adaptive)
    {
        writer.WriteStartObject("adaptive_allocations"u8);
        writer.WriteBoolean("enabled"u8, adaptive.Enabled);
        if (adaptive.MinNumberOfAllocations is { } min)
            writer.WriteNumber("min_number_of_allocations"u8, min);
        if (adaptive.MaxNumberOfAllocations is { } max)
            writer.WriteNumber("max_number_of_allocations"u8, max);
        writer.WriteEndObject();
    }

    private static BoundChange Bound(JsonMember member) => new(member.IsNull ? null : member.Int32());
}
