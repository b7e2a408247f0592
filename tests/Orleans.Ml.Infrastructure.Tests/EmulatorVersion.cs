using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests;

/// <summary>The emulator that tests run against, which containers should run, too.</summary>
internal static class EmulatorVersion
{
    /// <summary>Its image.</summary>
    public static string Image { get; } = "mcr.microsoft.com/azure-storage/azurite:"
        + (string)JsonNode.Parse(File.ReadAllText(Path.Combine(TestModels.Repository, "azurite", "package.json")))!["dependencies"]!["azurite"]!;
}
