using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Orleans.Configuration;
using Orleans.Ml.Models;
using Orleans.Ml.Storage.Azure;
using Orleans.Ml.Storage.Tests.Conformance;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Tests.Azure;

/// <summary>What becomes of state and models when the account refuses, is slow or loses answers: the emulator behind a proxy that does that.</summary>
public sealed class AccountFaultTests(Azurite azurite) : IAsyncLifetime
{
    private const string StateName = "counter";
    private readonly GrainId _id = GrainId.Create("ml-test", $"key-{Guid.NewGuid()}");
    private readonly Stopwatch _clock = new();
    private AccountProxy _proxy = null!;
    private AzureStorageAccount _account = null!;
    private StorageSilo _silo = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _proxy = await AccountProxy.StartAsync(await azurite.ConnectionStringAsync());
        Assert.True(AzureStorageAccount.TryParse(_proxy.ConnectionString, out var account, out _));
        _account = account;
        _silo = await StartSiloAsync();
        _clock.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task WritesAfterThePauseAskedFor_WhenTheAccountIsAskedTooMuch(int status)
    {
        using var fault = _proxy.Inject(AccountFault.Throttle(IsStateWrite, status, retryAfter: "1", times: 1));

        await WriteAsync(1);

        Assert.Equal(1, fault.Taken);
        AssertTook(atLeast: 1, atMost: 5);
        Assert.Equal(1, await CountAsync());
    }

    [Theory]
    [InlineData(429, "429 TooManyRequests")]
    [InlineData(503, "503 ServerBusy")]
    public async Task SaysUnavailableAndHasWrittenNothing_WhenTheAccountGoesOnRefusing(int status, string reason)
    {
        using (var fault = _proxy.Inject(AccountFault.Throttle(IsStateWrite, status, retryAfter: "1")))
        {
            var refused = await Assert.ThrowsAsync<MlException>(() => WriteAsync(1));

            Assert.Equal((MlErrorKind.Unavailable, $"Azure Storage cannot write the state of [{_id}]: {reason}"), (refused.Kind, refused.Message));
            Assert.Equal(3, fault.Taken);
            AssertTook(atLeast: 2, atMost: 8);
        }

        Assert.Null(await CountAsync());
        await WriteAsync(1);
    }

    [Theory]
    [InlineData("60")]
    [InlineData("Fri, 31 Dec 2100 23:59:59 GMT")]
    public async Task SaysUnavailableAtOnce_WhenThePauseAskedForIsLong(string retryAfter)
    {
        using var fault = _proxy.Inject(AccountFault.Throttle(IsStateWrite, 503, retryAfter));

        var refused = await Assert.ThrowsAsync<MlException>(() => WriteAsync(1));

        Assert.Equal(MlErrorKind.Unavailable, refused.Kind);
        Assert.Equal(1, fault.Taken);
        AssertTook(atLeast: 0, atMost: 5);
    }

    [Fact]
    public async Task SaysUnavailableInTime_WhenTheAccountDoesNotAnswer()
    {
        using var fault = _proxy.Inject(AccountFault.Hold(request => request.Path.Value!.Contains("/grainstate/", StringComparison.Ordinal), isDoneFirst: false));

        var refused = await Assert.ThrowsAsync<MlException>(() => WriteAsync(1));

        Assert.Equal((MlErrorKind.Unavailable, $"Azure Storage cannot write the state of [{_id}]: it does not answer in time"), (refused.Kind, refused.Message));
        AssertTook(atLeast: 8, atMost: 12);
    }

    [Fact]
    public async Task SaysThatTheRecordIsAnother_WhenTheAnswerToAWriteIsLost()
    {
        using (_proxy.Inject(AccountFault.Hold(IsStateWrite, isDoneFirst: true, times: 1)))
            await Assert.ThrowsAnyAsync<InconsistentStateException>(() => WriteAsync(1));

        // Whoever reads again finds out that it was written.
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task SaysUnavailableInTime_WhenAModelIsUploadedAndTheAccountDoesNotAnswer()
    {
        var store = new AzureBlobModelStore(_account.State.GetBlobContainerClient("models"), null, _account.Models.GetBlobContainerClient("models"));
        var file = new ModelFile($"model-{Guid.NewGuid():n}", "i1", "part-0");
        using var fault = _proxy.Inject(AccountFault.Hold(request => request.Path.Value!.Contains(file.ModelId, StringComparison.Ordinal), isDoneFirst: false));

        var refused = await Assert.ThrowsAsync<MlException>(() => store.CreateAsync(file, Cancel));

        Assert.Equal(MlErrorKind.Unavailable, refused.Kind);
        AssertTook(atLeast: 8, atMost: 12);
    }

    [Fact]
    public async Task CountsEachCallOnceOrRefusesIt_WhenTwoSilosHaveTheSameGrain()
    {
        await using var other = await StartSiloAsync();
        var key = $"twins-{Guid.NewGuid()}";
        var counters = new[] { _silo, other }.Select(silo => silo.Grains.GetGrain<ICounterGrain>(key)).ToList();
        Assert.Equal(1, await counters[0].IncrementAsync());
        Assert.Equal(2, await counters[1].IncrementAsync());
        await Assert.ThrowsAnyAsync<InconsistentStateException>(counters[0].IncrementAsync);
        // It has read again.
        Assert.Equal(3, await counters[0].IncrementAsync());

        var counted = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => TryIncrementAsync(counters[i % 2])));

        Assert.Contains(false, counted);
        Assert.Equal(3 + counted.Count(isCounted => isCounted), await CountAsync("deployment", counters[0].GetGrainId()));
    }

    private void AssertTook(int atLeast, int atMost) =>
        Assert.InRange(_clock.Elapsed, TimeSpan.FromSeconds(atLeast), FullRun.Limit(TimeSpan.FromSeconds(atMost)));

    private static bool IsStateWrite(HttpRequest request) =>
        request.Method == HttpMethods.Put && request.Path.Value!.Contains($"/grainstate/{StateName}-", StringComparison.Ordinal);

    private Task<StorageSilo> StartSiloAsync() => StorageSilo.StartAsync(silo =>
    {
        var cluster = $"faults-{Guid.NewGuid():n}";
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, "storage-tests")).UseAzureStorage(_account);
    });

    private async Task WriteAsync(int count) =>
        await _silo.Storage.WriteStateAsync(StateName, _id, new GrainState<CounterState>(new() { Count = count }));

    private static async Task<bool> TryIncrementAsync(ICounterGrain counter)
    {
        try
        {
            await counter.IncrementAsync();
            return true;
        }
        catch (OrleansException)
        {
            // Refused as inconsistent, or never begun, because its activation ended for that reason.
            return false;
        }
    }

    private Task<int?> CountAsync() => CountAsync(StateName, _id);

    private async Task<int?> CountAsync(string stateName, GrainId id)
    {
        var state = new GrainState<CounterState>();
        await _silo.Storage.ReadStateAsync(stateName, id, state);
        return state.RecordExists ? state.State!.Count : null;
    }
}
