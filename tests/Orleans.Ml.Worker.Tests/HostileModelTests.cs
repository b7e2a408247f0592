using System.Text.Json;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Worker.Tests;

/// <summary>The archives of the shared folder <c>hostile</c>, as its manifest says; what a worker alone can promise of it.</summary>
public sealed class HostileModelTests
{
    private const long MemoryLimitBytes = 2L * 1024 * 1024 * 1024;

    private static readonly WorkerOptions ShortLimits = new()
    {
        RestartDelay = TimeSpan.Zero,
        LoadLimit = TimeSpan.FromSeconds(5),
        ForwardLimit = TimeSpan.FromSeconds(5),
    };

    public static TheoryData<string> ThatMustWork => FilesOf("must_work");

    public static TheoryData<string> ThatMustGiveAnError => FilesOf("error_at_infer");

    public static TheoryData<string> ThatMayKill => FilesOf("worker_may_die");

    [Theory, MemberData(nameof(ThatMustWork))]
    public async Task GivesTheExpectedAnswer_WhenTheModelMustWork(string file)
    {
        var archive = Find(file);
        await using var workers = new TestWorkers(ShortLimits);
        var (worker, recorder) = workers.Start(Settings(file));
        if (await recorder.NextAsync() is not WorkerReady)
        {
            // Some may be refused instead.
            Assert.NotEmpty(archive.AlsoFine);
            return;
        }

        for (var round = 0; round < 3; round++)
        {
            var answer = await TestWorkers.InferAsync(worker, 5, 6, 8);

            Assert.Equal("", answer.Reason);
            Assert.Equal(archive.Expected, answer.Values);
        }
    }

    [Theory, MemberData(nameof(ThatMustGiveAnError))]
    public async Task FailsTheRequestOrTheLoad_AndLives_WhenTheModelIsAtFault(string file)
    {
        var archive = Find(file);
        await using var workers = new TestWorkers(ShortLimits);
        var (worker, recorder) = workers.Start(Settings(file));

        if (await recorder.NextAsync() is Recorder.Failed failed)
        {
            AssertFit(failed.Reason);
            return;
        }
        for (var round = 0; round < 3; round++)
        {
            var answer = await TestWorkers.InferAsync(worker, 5, 6, 8);

            if (answer.Error is null)
            {
                Assert.NotEmpty(archive.AlsoFine);
                Assert.True(answer.Values.All(float.IsNaN) || answer.Values.Take(archive.Expected.Length).SequenceEqual(archive.Expected));
                continue;
            }
            Assert.Equal(WorkerError.Model, answer.Error);
            AssertFit(answer.Reason);
        }
        Assert.False(recorder.HasMore);
    }

    [Theory, MemberData(nameof(ThatMayKill))]
    public async Task ReportsWhatHappened_WhenTheModelMayKillItsProcess(string file)
    {
        var archive = Find(file);
        await using var workers = new TestWorkers(ShortLimits);
        var (worker, recorder) = workers.Start(Settings(file));

        var next = await recorder.NextAsync();
        for (var crashes = 0; next is Recorder.Crashed crashed; crashes++)
        {
            Assert.InRange(crashes, 0, 2);
            AssertFit(crashed.Reason);
            next = await recorder.NextAsync();
        }
        if (next is Recorder.Failed failed)
        {
            AssertFit(failed.Reason);
            return;
        }
        var answer = await TestWorkers.InferAsync(worker, 5, 6, 8);
        if (answer.Error is null)
            Assert.Equal(archive.Expected, answer.Values);
        else
            AssertFit(answer.Reason);
    }

    private static WorkerSettings Settings(string file) => TestWorkers.Settings(TestWorkers.Hostile(file), memoryLimitBytes: MemoryLimitBytes);

    private static void AssertFit(string reason)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(reason);
        Assert.InRange(reason.Length, 5, ReasonText.MaxLength + 100);
        Assert.DoesNotContain(reason, char.IsControl);
    }

    private static TheoryData<string> FilesOf(string must) => File.Exists(ManifestPath)
        ? [.. Archives().Where(archive => archive.Must == must).Select(archive => archive.File)]
        : ["manifest.json"];

    // Not through TestModels.Shared, which may only skip inside a test.
    private static string ManifestPath => Path.Combine(
        Environment.GetEnvironmentVariable("ORLEANS_ML_MODELS") ?? Path.Combine(TestModels.Repository, "..", "shared", "models"),
        "hostile", "manifest.json");

    private static Archive Find(string file)
    {
        TestModels.Shared("hostile", file);
        return Archives().Single(archive => archive.File == file);
    }

    private static IEnumerable<Archive> Archives()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(ManifestPath));
        foreach (var archive in manifest.RootElement.GetProperty("archives").EnumerateArray())
        {
            yield return new(
                archive.GetProperty("file").GetString()!,
                archive.GetProperty("must").GetString()!,
                archive.TryGetProperty("also_fine", out var fine) ? [.. fine.EnumerateArray().Select(each => each.GetString()!)] : [],
                archive.TryGetProperty("expected", out var expected) ? [.. Numbers(expected.GetProperty("predicted_value"))] : []);
        }
    }

    private static IEnumerable<float> Numbers(JsonElement rows) =>
        rows.EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(each => each.GetSingle());

    private sealed record Archive(string File, string Must, string[] AlsoFine, float[] Expected);
}
