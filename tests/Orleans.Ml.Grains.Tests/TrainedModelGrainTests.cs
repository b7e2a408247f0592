using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Grains.Models;
using Orleans.Ml.Models;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

public sealed class TrainedModelGrainTests(ClusterFixture cluster)
{
    [Fact]
    public async Task KeepsPartsInOrder_WhateverTheOrderTheyArriveIn()
    {
        var model = cluster.Model("any-order");
        await model.CreateAsync(ClusterFixture.Config("any-order"));
        foreach (var number in new[] { 2, 0, 1 })
            await model.AddPartAsync("1", new DefinitionPart(number, 3, 10, 30, $"part-{number}"));

        var stored = await model.GetAsync();

        Assert.Equal([0, 1, 2], stored!.Parts.Select(p => p.Number));
        Assert.Equal(30, stored.Config.ModelSizeBytes);
        Assert.Null(stored.FindDefinitionProblem());
    }

    [Fact]
    public async Task RefusesAPartTwice()
    {
        var model = cluster.Model("part-twice");
        await model.CreateAsync(ClusterFixture.Config("part-twice"));
        await model.AddPartAsync("1", new DefinitionPart(0, 1, 10, 10, "part-0"));

        var error = await Assert.ThrowsAsync<MlException>(() => model.AddPartAsync("1", new DefinitionPart(0, 1, 10, 10, "part-0b")));

        Assert.Equal(MlErrorKind.AlreadyExists, error.Kind);
        Assert.Equal("part-0", (await model.GetAsync())!.Parts[0].FileName);
    }

    [Fact]
    public async Task RefusesASecondModelOfOneId()
    {
        await cluster.Model("model-twice").CreateAsync(ClusterFixture.Config("model-twice"));

        Assert.Equal(MlErrorKind.AlreadyExists, (await Assert.ThrowsAsync<MlException>(() => cluster.Model("model-twice").CreateAsync(ClusterFixture.Config("model-twice")))).Kind);
    }

    [Fact]
    public async Task RefusesAPartOfAnEarlierModel_WhenTheIdWasCreatedAgain()
    {
        var model = cluster.Model("reborn");
        await model.CreateAsync(ClusterFixture.Config("reborn"));
        Assert.True(await model.DeleteAsync());
        await model.CreateAsync(ClusterFixture.Config("reborn") with { Instance = "2" });

        Assert.Equal(MlErrorKind.NotFound, (await Assert.ThrowsAsync<MlException>(() => model.AddPartAsync("1", new DefinitionPart(0, 1, 1, 1, "late")))).Kind);
        Assert.Empty((await model.GetAsync())!.Parts);
    }

    [Fact]
    public async Task IsGone_WhenDeleted()
    {
        var model = cluster.Model("deleted");
        await model.CreateAsync(ClusterFixture.Config("deleted"));

        Assert.True(await model.DeleteAsync());

        Assert.Null(await model.GetAsync());
        Assert.False(await model.DeleteAsync());
    }

    [Fact]
    public async Task CanBeCreatedAgain_WhenADeleteBrokeOffHalfWay()
    {
        var model = cluster.Model("half-deleted");
        await model.CreateAsync(ClusterFixture.Config("half-deleted"));
        await cluster.Grains.GetGrain<IStorageFaultGrain>("trained-model").AddFaultOnClear(model.GetGrainId(), new IOException("disk full"));
        await Assert.ThrowsAnyAsync<Exception>(model.DeleteAsync);

        Assert.Null(await model.GetAsync());
        Assert.Equal("2", (await model.CreateAsync(ClusterFixture.Config("half-deleted") with { Instance = "2" })).Config.Instance);
    }

    [Fact]
    public async Task EndsADeletionThatBrokeOff_WhenSomebodyLooksAtTheModel()
    {
        var model = cluster.Model("left-behind");
        await model.CreateAsync(ClusterFixture.Config("left-behind"));
        await cluster.Grains.GetGrain<IStorageFaultGrain>("trained-model").AddFaultOnClear(model.GetGrainId(), new IOException("disk full"));
        await Assert.ThrowsAnyAsync<Exception>(model.DeleteAsync);

        Assert.Null(await model.GetAsync());

        var storage = cluster.Cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>("Default");
        var start = TimeProvider.System.GetTimestamp();
        while (await IsKeptAsync())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "the record of the deleted model is still there");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, ClusterFixture.Cancellation);
        }

        async Task<bool> IsKeptAsync()
        {
            var state = new GrainState<TrainedModelState>();
            await storage.ReadStateAsync("trained-model", model.GetGrainId(), state);
            return state.RecordExists;
        }
    }
}
