namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Tests that run when no other test does, because they measure or need the machine.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
