using System.Reflection;
using Orleans.Ml.Grains.Models;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Abstractions.Tests;

/// <summary>
/// Silos of two versions speak with each other, and state outlives both: ids, aliases and numbers are append-only. A wanted change is recorded with
/// <c>ORLEANS_ML_UPDATE_CONTRACTS=1 dotnet run --project tests/Orleans.Ml.Abstractions.Tests</c>, and its diff is reviewed.
/// </summary>
public sealed class ContractTests
{
    private const string Update = "ORLEANS_ML_UPDATE_CONTRACTS";

    // The second one for the grains' types and their persisted states.
    private static readonly Assembly[] Contracts = [typeof(MlException).Assembly, typeof(LocalModelOptions).Assembly];

    [Fact]
    public void AreAsRecorded()
    {
        var path = typeof(ContractTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Contracts").Value!;
        var contracts = ContractText.Of(Contracts);
        if (Environment.GetEnvironmentVariable(Update) == "1")
            File.WriteAllText(path, contracts);

        Assert.True(File.Exists(path), $"OrleansContracts.txt is missing; {Update}=1 writes it");
        Assert.Equal(File.ReadAllText(path), contracts);
    }

    [Fact]
    public void HaveNamesThatOutliveARenaming() => Assert.Empty(ContractText.FindUnnamed(Contracts));

    [Fact]
    public void HaveNoNameOrIdTwice() => Assert.Empty(ContractText.FindAmbiguous(Contracts));

    [Fact]
    public void LetAnInferenceTakeAsLongAsItsCallerAllows()
    {
        var limit = typeof(IInferenceGrain).GetMethod(nameof(IInferenceGrain.InferAsync))!.GetCustomAttribute<ResponseTimeoutAttribute>();

        Assert.True(limit?.Timeout > TimeSpan.FromDays(1), "Orleans would give up after its default of 30 s");
    }
}
