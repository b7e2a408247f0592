namespace Orleans.Ml.Testing;

/// <summary><c>./test --full</c>: longer runs, on a machine that keeps the product's limits.</summary>
public static class FullRun
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("ORLEANS_ML_FULL") == "1";

    /// <summary>What a test allows for something that the product does within a limit: on any machine three times as much.</summary>
    public static TimeSpan Limit(TimeSpan ofTheProduct) => IsOn ? ofTheProduct : 3 * ofTheProduct;
}
