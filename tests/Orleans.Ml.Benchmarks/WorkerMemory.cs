using Orleans.Ml.Testing;

namespace Orleans.Ml.Benchmarks;

/// <summary>Resident memory of one worker against the number of its allocations: there is one copy of the weights.</summary>
internal static class WorkerMemory
{
    public static async Task RunAsync()
    {
        var folder = TestModels.Shared("all-minilm-l6-v2");
        var modelBytes = new FileInfo(Path.Combine(folder, "model.pt")).Length;
        Report.Heading($"Resident memory of the worker of all-minilm-l6-v2 ({modelBytes / 1e6:0.0} MB), MB");
        Report.Columns("allocations", "after start", "after 200 documents of 128 tokens");
        foreach (var allocations in new[] { 1, 2, 8 })
        {
            await using var server = await MlServer.StartAsync("--processors", "8");
            await server.Http.CreateFromFolderAsync("minilm", folder);
            await server.Http.StartAsync("minilm", $"wait_for=fully_allocated&timeout=60s&number_of_allocations={allocations}");
            var worker = server.WorkerProcesses().Single();
            var afterStart = ProcFs.ResidentBytes(worker) / 1e6;
            var text = string.Join(' ', Enumerable.Repeat("the", 126));
            await server.Http.InferAsync("minilm", [.. Enumerable.Repeat(text, 200)]);
            Report.Row(allocations, afterStart, ProcFs.ResidentBytes(worker) / 1e6);
        }
    }
}
