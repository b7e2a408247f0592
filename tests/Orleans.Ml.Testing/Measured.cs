namespace Orleans.Ml.Testing;

/// <summary>Figures that a test prints beside its verdict; <c>./test</c> lets these lines through.</summary>
public static class Measured
{
#pragma warning disable RS0030 // A test speaks to a terminal.
    public static void Print(string figures) => Console.Out.WriteLine($"measured: {figures}");
#pragma warning restore RS0030
}
