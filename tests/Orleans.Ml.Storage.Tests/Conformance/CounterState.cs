namespace Orleans.Ml.Storage.Tests.Conformance;

/// <summary>A state whose two halves must agree, whatever happened.</summary>
[GenerateSerializer, Alias("ml.tests.CounterState")]
public sealed class CounterState
{
    [Id(0)]
    public int Count { get; set; }

    [Id(1)]
    public byte[] Filler { get; set; } = [];
}
