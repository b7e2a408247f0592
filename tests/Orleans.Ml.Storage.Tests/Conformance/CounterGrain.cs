namespace Orleans.Ml.Storage.Tests.Conformance;

[Alias("ml.tests.ICounterGrain")]
public interface ICounterGrain : IGrainWithStringKey
{
    [Alias("Increment")]
    Task<int> IncrementAsync();
}

[GrainType("ml-test-counter")]
internal sealed class CounterGrain([PersistentState("deployment")] IPersistentState<CounterState> store) : Grain, ICounterGrain
{
    public async Task<int> IncrementAsync()
    {
        store.State.Count++;
        await store.WriteStateAsync();
        return store.State.Count;
    }
}
