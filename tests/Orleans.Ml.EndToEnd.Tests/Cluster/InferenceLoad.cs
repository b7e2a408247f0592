using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>
/// Many clients that ask all nodes in turn, as Elasticsearch's clients do: a node that cannot be reached or breaks the connection is passed over, any answer
/// is final. What is final and not 200 has failed.
/// </summary>
internal sealed class InferenceLoad : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(80);

    private readonly ThreeNodes _cluster;
    private readonly Dictionary<ClusterNode, HttpClient> _http;
    private readonly ConcurrentDictionary<ClusterNode, CancellationTokenSource> _trusted = [];
    private readonly ConcurrentDictionary<string, Tally> _tallies = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public InferenceLoad(ThreeNodes cluster, int seed, int clientsOfEach, params string[] deploymentIds)
    {
        _cluster = cluster;
        _http = cluster.Nodes.ToDictionary(n => n, n => new HttpClient { BaseAddress = n.Server.Http.BaseAddress, Timeout = Patience });
        foreach (var node in cluster.Nodes)
            Trust(node);
        _running = Task.WhenAll(deploymentIds.SelectMany((id, i) => Enumerable.Range(0, clientsOfEach)
            .Select(c => RunAsync(id, new Random(HashCode.Combine(seed, i, c))))));
    }

    /// <summary>What became of a deployment's requests since the last time this was asked.</summary>
    public Tally Take(string deploymentId) => _tallies.TryRemove(deploymentId, out var tally) ? tally : new();

    /// <summary>Gives up on a node that does not answer: what was asked there is asked elsewhere.</summary>
    public void Distrust(ClusterNode node)
    {
        if (_trusted.TryRemove(node, out var source))
            source.Cancel();
    }

    public void Trust(ClusterNode node) => _trusted[node] = new();

    /// <summary>Ends every client; requests under way are forgotten.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        foreach (var client in _http.Values)
            client.Dispose();
    }

    private async Task RunAsync(string deploymentId, Random random)
    {
        for (var number = random.Next(); !_stopping.IsCancellationRequested; number++)
        {
            await AskAsync(deploymentId, number);
            await Task.Delay(LongestPause * random.NextDouble(), TimeProvider.System);
        }
    }

    private async Task AskAsync(string deploymentId, int number)
    {
        var clock = Stopwatch.StartNew();
        for (var attempt = 0; attempt < _cluster.Nodes.Count; attempt++)
        {
            var node = _cluster.Nodes[(int)((uint)(number + attempt) % _cluster.Nodes.Count)];
            if (!_trusted.TryGetValue(node, out var trust))
                continue;
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(trust.Token, _stopping.Token);
                using var body = new StringContent($$"""{"docs":[{"text_field":"hello {{number}}"}]}""", Encoding.UTF8, "application/json");
                using var response = await _http[node].PostAsync($"/_ml/trained_models/{deploymentId}/_infer?timeout=30s", body, limit.Token);
                var text = await response.Content.ReadAsStringAsync(limit.Token);
                TallyOf(deploymentId).OnAnswer(node.Name, response.StatusCode, text, clock.Elapsed);
                return;
            }
            catch (HttpRequestException failure) when (failure.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // Nothing was asked: nobody listens there.
                Interlocked.Increment(ref TallyOf(deploymentId).Refused);
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException)
            {
                TallyOf(deploymentId).Broken.Enqueue($"{node.Name}: {failure.GetBaseException().Message}");
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException) when (trust.IsCancellationRequested)
            {
                TallyOf(deploymentId).Broken.Enqueue($"{node.Name}: frozen");
            }
            catch (OperationCanceledException)
            {
                TallyOf(deploymentId).OnFailure($"{node.Name} did not answer within {Patience.TotalSeconds} s", clock.Elapsed);
                return;
            }
        }

        TallyOf(deploymentId).OnFailure("no node could be asked", clock.Elapsed);
    }

    private Tally TallyOf(string deploymentId) => _tallies.GetOrAdd(deploymentId, _ => new());
}

/// <summary>What became of the requests to a deployment.</summary>
internal sealed class Tally
{
    /// <summary>Connections that no node accepted; the client went on to the next node.</summary>
    public int Refused;

    private readonly Lock _gate = new();
    private (TimeSpan Duration, string Of) _longest = (TimeSpan.Zero, "none");

    public int Answered { get; private set; }

    public int Failed => Failures.Values.Sum();

    /// <summary>The longest that anybody waited, for whatever.</summary>
    public TimeSpan Longest => _longest.Duration;

    /// <summary>Reasons, and how often.</summary>
    public ConcurrentDictionary<string, int> Failures { get; } = [];

    /// <summary>When each reason came first, to be found in the nodes' logs.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> FirstSeen { get; } = [];

    /// <summary>Requests that a node had taken when its process died or stood still; the client went on to the next node.</summary>
    public ConcurrentQueue<string> Broken { get; } = [];

    public void OnAnswer(string node, HttpStatusCode status, string body, TimeSpan duration)
    {
        if (status != HttpStatusCode.OK || !body.Contains("predicted_value", StringComparison.Ordinal))
        {
            OnFailure($"{(int)status} from {node}: {ReasonOf(body)}", duration);
            return;
        }

        lock (_gate)
        {
            Answered++;
            Measure(duration, $"answered by {node}");
        }
    }

    public void OnFailure(string reason, TimeSpan duration)
    {
        if (Failures.AddOrUpdate(reason, 1, (_, count) => count + 1) == 1)
            FirstSeen[reason] = TimeProvider.System.GetLocalNow();
        lock (_gate)
            Measure(duration, reason);
    }

    public void Add(Tally other)
    {
        lock (_gate)
        {
            Answered += other.Answered;
            Refused += other.Refused;
            _longest = other._longest.Duration > _longest.Duration ? other._longest : _longest;
        }

        foreach (var (reason, count) in other.Failures)
            Failures.AddOrUpdate(reason, count, (_, sum) => sum + count);
        foreach (var broken in other.Broken)
            Broken.Enqueue(broken);
    }

    public override string ToString() =>
        $"{Answered} answered, {Failed} failed{string.Concat(Failures.Select(f => $" [{f.Value} x {f.Key}{(FirstSeen.TryGetValue(f.Key, out var at) ? $", first at {at:HH:mm:ss.fff}" : "")}]"))}, {Broken.Count} broken off by the node asked, " +
        $"{Refused} connections refused, longest {_longest.Duration.TotalSeconds:F1} s ({_longest.Of})";

    private void Measure(TimeSpan duration, string of) =>
        _longest = duration > _longest.Duration ? (duration, $"{of} at {TimeProvider.System.GetLocalNow():HH:mm:ss.fff}") : _longest;

    private static string ReasonOf(string body)
    {
        try
        {
            return JsonNode.Parse(body)?["error"]?["reason"]?.GetValue<string>() ?? body;
        }
        catch (System.Text.Json.JsonException)
        {
            return body;
        }
    }
}
