using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo.Samples;

/// <summary>
/// Gets the sample models served by sending what a user would send, tells how far it is in plain sentences, and prints what to paste.
/// Says only that the node is ready when there are no samples to start.
/// </summary>
internal sealed class SampleModels(NodeSettings settings, TextWriter terminal, TrainedModelApi api, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Started(lifetime).WaitAsync(stoppingToken);
            await RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!settings.IsFrontend)
        {
            await terminal.WriteLineAsync($"\nready as {settings.NodeName}, without HTTP, after {Seconds(SinceProcessStart())}. Ctrl-C stops it.");
            return;
        }

        if (!await IsReachedWithin(StartTimeout, () => api.AnswersAsync(cancellationToken), cancellationToken))
        {
            await terminal.WriteLineAsync($"The API on {settings.BaseAddress} does not answer; the log above says why.");
            return;
        }

        var served = settings.SamplesDirectory is { } folder ? await ServeAllAsync(folder, cancellationToken) : [];
        foreach (var sample in served)
            await terminal.WriteLineAsync($"\n# {sample.Title}, with {sample.Id}\n{CurlLine.Infer(settings.BaseAddress, sample)}");
        await terminal.WriteLineAsync($"\nready on {settings.BaseAddress.GetLeftPart(UriPartial.Authority)} after {Seconds(SinceProcessStart())}. Ctrl-C stops it.");
    }

    private async Task<IReadOnlyList<SampleModel>> ServeAllAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            await terminal.WriteLineAsync($"There are no sample models: {folder} is not there. --samples names another directory, --no-samples does without.");
            return [];
        }

        var samples = Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Select(sample => ServeAsync(sample, cancellationToken));
        return [.. (await Task.WhenAll(samples)).OfType<SampleModel>()];
    }

    /// <returns>The sample when it is served, null when something is missing, which has been said.</returns>
    private async Task<SampleModel?> ServeAsync(string folder, CancellationToken cancellationToken)
    {
        var id = Path.GetFileName(folder);
        if (SampleModel.MissingIn(folder) is { Count: > 0 } missing)
        {
            await terminal.WriteLineAsync($"{id}: skipped, {string.Join(" and ", missing)} not found in {folder}.");
            return null;
        }

        try
        {
            var sample = SampleModel.Read(folder);
            var begin = time.GetTimestamp();
            var isNew = await RegisterAsync(sample, cancellationToken);
            if (await DeployAsync(sample, isNew, cancellationToken) is { } problem)
            {
                await terminal.WriteLineAsync($"{id}: not started. {problem}");
                return null;
            }

            await terminal.WriteLineAsync($"{id}: serving after {Seconds(time.GetElapsedTime(begin))}.");
            return sample;
        }
        catch (Exception failure) when (failure is ApiRefusal or HttpRequestException or JsonException or IOException)
        {
            await terminal.WriteLineAsync($"{id}: not started. {failure.Message}");
            return null;
        }
    }

    /// <returns>Whether it was absent.</returns>
    private async Task<bool> RegisterAsync(SampleModel sample, CancellationToken cancellationToken)
    {
        if (await api.ExistsAsync(sample.Id, cancellationToken))
            return false;
        await terminal.WriteLineAsync($"{sample.Id}: registering, {ByteSize.Show(new FileInfo(sample.DefinitionPath).Length)}…");
        await api.RegisterAsync(sample, cancellationToken);
        return true;
    }

    /// <returns>Null when it serves, else why not.</returns>
    private async Task<string?> DeployAsync(SampleModel sample, bool isNew, CancellationToken cancellationToken)
    {
        var progress = await api.GetProgressAsync(sample.Id, cancellationToken);
        if (progress.IsUnderway)
        {
            await terminal.WriteLineAsync($"{sample.Id}: was deployed before, loading…");
            await IsReachedWithin(StartTimeout, async () => !(progress = await api.GetProgressAsync(sample.Id, cancellationToken)).IsUnderway, cancellationToken);
        }

        if (progress.IsStarted)
            return null;
        if (progress.State is { } state)
            return $"Its deployment is {state}: {progress.Reason ?? "no reason given"}";
        await terminal.WriteLineAsync($"{sample.Id}: starting…");
        try
        {
            await api.StartAsync(sample.Id, cancellationToken);
        }
        catch (ApiRefusal refusal) when (!isNew && IsOfTheModel(refusal.Status))
        {
            // An earlier run was cut off while it was uploading: parts or the vocabulary are missing.
            await terminal.WriteLineAsync($"{sample.Id}: registering again. {refusal.Message}");
            await api.DeleteAsync(sample.Id, cancellationToken);
            await api.RegisterAsync(sample, cancellationToken);
            await api.StartAsync(sample.Id, cancellationToken);
        }

        return null;
    }

    private static bool IsOfTheModel(HttpStatusCode status) => status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.InternalServerError;

    private async Task<bool> IsReachedWithin(TimeSpan limit, Func<Task<bool>> isReachedAsync, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (!await isReachedAsync())
        {
            if (time.GetElapsedTime(begin) > limit)
                return false;
            await Task.Delay(Pause, time, cancellationToken);
        }

        return true;
    }

    private TimeSpan SinceProcessStart()
    {
        using var process = Process.GetCurrentProcess();
        return time.GetLocalNow() - process.StartTime;
    }

    private static string Seconds(TimeSpan elapsed) => string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:0.0} s");

    private static Task Started(IHostApplicationLifetime lifetime)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.ApplicationStarted.Register(started.SetResult);
        return started.Task;
    }
}
