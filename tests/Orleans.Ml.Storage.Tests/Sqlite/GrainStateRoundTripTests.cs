using System.Collections.Immutable;
using System.Text;
using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;
using Orleans.Ml.Storage.Tests.Conformance;

namespace Orleans.Ml.Storage.Tests.Sqlite;

/// <summary>Everything the grains store comes back from a real file as it was, in another silo.</summary>
public sealed class GrainStateRoundTripTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);

    private static readonly TaskParameters Parameters =
        new("sentiment", "tiny", "i1", 1_234_567, 3, 2, 1024, 10_485_760, "10mb", Priority.Low, 5, 6, "text_field");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<InferenceConfig> Configs =>
    [
        new NerConfig(new(DoLowerCase: true), "entities", NerConfig.DefaultLabels),
        new TextClassificationConfig(new(MaxSequenceLength: 128, Truncate: Truncate.None, Span: 16), null, ["cs", "de"], -1),
        new TextEmbeddingConfig(new(), null, 384),
        new TextEmbeddingConfig(new(), "vector", null),
        new PassThroughConfig(new(WithSpecialTokens: false), null),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Configs))]
    public async Task KeepsAModel_WhateverItIsFor(InferenceConfig config)
    {
        var metadata = Encoding.UTF8.GetBytes("""{"languages":["de"],"n":1.50}""");
        var model = new TrainedModel(
            new("tiny", "i1", "über", ["a", "b"], metadata, ["text_field"], config, Time, 42, 7, "linux-x86_64", new("in: ", null), 8, 9),
            [new(0, 2, 10, 12, "part-0"), new(1, 2, 2, 12, "part-1")],
            "vocabulary");

        var read = await RoundTripAsync(model);

        Assert.IsType(config.GetType(), read.Config.InferenceConfig);
        Assert.Equivalent(model, read, strict: true);
        Assert.Equal(metadata, read.Config.MetadataJson);
    }

    [Fact]
    public async Task KeepsAModel_WhenAlmostNothingIsSaid()
    {
        var model = new TrainedModel(
            new("m", "i", null, [], null, [TrainedModelConfig.DefaultInputField], new PassThroughConfig(new(), null), Time, 0, 0, null, null, 0, 0), [], null);

        Assert.Equivalent(model, await RoundTripAsync(model), strict: true);
    }

    [Fact]
    public async Task KeepsThePlan_WithTheOrderOfItsDeployments()
    {
        var planned = new PlannedDeployment(Parameters, 4, Time, [new("node-1", 2), new("node-2", 1)], "waiting for memory", StopMode.Drain, WasAllocated: true);
        var plan = ClusterPlan.Empty with { Version = 9_876_543_210, Deployments = ClusterPlan.Empty.Deployments.Add("b", planned).Add("B", planned) };

        var read = await RoundTripAsync(plan);

        Assert.Equivalent(plan, read, strict: true);
        // Ordinal, not the culture's: nodes of different cultures must agree.
        Assert.Equal(["B", "b", "ä"], read.Deployments.Add("ä", planned).Keys);
    }

    [Fact]
    public async Task KeepsAnAssignment()
    {
        var routes = ImmutableSortedDictionary.Create<string, Route>(StringComparer.Ordinal)
            .Add("node-1", new(1, 2, RoutingState.Started))
            .Add("node-2", new(0, 1, RoutingState.Failed, "the worker died: signal 6"));
        var assignment = new Assignment(Parameters, routes, AssignmentState.Started, null, Time, 2, 4, new(5, 6));

        var read = await RoundTripAsync(assignment);

        Assert.Equivalent(assignment, read, strict: true);
        Assert.Equal(StringComparer.Ordinal, read.RoutingTable.KeyComparer);
    }

    private async Task<T> RoundTripAsync<T>(T value) where T : class
    {
        var id = GrainId.Create("ml-test", "x");
        await using (var silo = await StorageSilo.StartAsync(_folder.Path))
            await silo.Storage.WriteStateAsync("state", id, new GrainState<T>(value));

        await using var other = await StorageSilo.StartAsync(_folder.Path);
        var read = new GrainState<T>();
        await other.Storage.ReadStateAsync("state", id, read);
        return read.State!;
    }
}
