using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>
/// A cluster under load whose nodes are taken away one at a time and brought back. A normal deployment of four allocations fits on any two of the three
/// nodes of two processors; what is seen to go wrong is collected, so that one trial tells everything.
/// </summary>
internal sealed partial class Trial : IAsyncDisposable
{
    public const string Normal = "tiny-embedding";
    public const string Low = "tiny-language";

    /// <summary>Room for the worker of one deployment on each node: low priority has none while a node is missing.</summary>
    public const string RoomForOneModel = "400mb";

    /// <summary>Room for both.</summary>
    public const string RoomForBothModels = "800mb";

    private const int ClientsOfEach = 12;

    /// <summary>From the detection of a loss to full allocation, loading not counted.</summary>
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(5);

    /// <summary>From SIGCONT until a process that counts as dead has found that out.</summary>
    private static readonly TimeSpan ReturnLimit = TimeSpan.FromSeconds(10);

    private readonly string _title;
    private readonly InferenceLoad _load;
    private readonly ProcessorSampler _sampler;
    private readonly List<string> _problems = [];
    private readonly List<Loss> _losses = [];
    private readonly Tally _normal = new();
    private readonly Tally _low = new();
    private readonly bool _hasRoomForLow;

    private Trial(string title, ThreeNodes cluster, int seed, bool hasRoomForLow)
    {
        (_title, Cluster, Random, _hasRoomForLow) = (title, cluster, new Random(seed), hasRoomForLow);
        _sampler = new(cluster);
        _load = new(cluster, seed, ClientsOfEach, Normal, Low);
        Measured.Print($"{title}: seed {seed}");
    }

    /// <summary>The whole number of rounds, or a few.</summary>
    public static int Rounds(int few, int whole) => FullRun.IsOn ? whole : few;

    public ThreeNodes Cluster { get; }

    public Random Random { get; }

    public ClusterNode AnyNode() => Cluster.Nodes[Random.Next(Cluster.Nodes.Count)];

    public static async Task<Trial> StartAsync(string title, string memory, Membership membership)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("ORLEANS_ML_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Environment.TickCount;
        var cluster = await ThreeNodes.StartAsync(processors: 2, memory, membership);
        await cluster.DeployAsync(Normal, allocations: 4);
        await cluster.DeployAsync(Low, allocations: 1, priority: "low");
        return new($"{title}, {membership}", cluster, seed, memory == RoomForBothModels);
    }

    /// <summary>kill -9, and the same node again once the others have taken over.</summary>
    public Task KillAsync(ClusterNode node) => LoseAsync(node, async () => await node.Server.KillAsync(), () => Task.CompletedTask);

    /// <summary>SIGSTOP, SIGCONT once the others have taken over, and the same node again once the process has found out that it is dead.</summary>
    public Task FreezeAsync(ClusterNode node) => LoseAsync(node,
        () =>
        {
            node.Freeze();
            _load.Distrust(node);
            return Task.CompletedTask;
        },
        async () =>
        {
            // Its clients are back before it knows.
            _load.Trust(node);
            node.Thaw();
            await node.Server.ExitedAsync();
        });

    /// <summary>SIGTERM, and the same node again at once.</summary>
    public async Task RestartAsync(ClusterNode node)
    {
        var clock = Stopwatch.StartNew();
        var exitCode = await node.Server.TerminateAsync();
        var stopped = clock.Elapsed;
        await node.Server.RestartAsync();
        await UntilWholeAsync();
        _losses.Add(new(node.Name, stopped, default, default, default, clock.Elapsed));
        Check(exitCode == 0, $"{node.Name} ended with exit code {exitCode}");
        CheckRequests(node, mayBreak: false);
    }

    /// <summary>Prints the figures and tells everything that went wrong.</summary>
    public async Task EndAsync()
    {
        await _load.DisposeAsync();
        await _sampler.DisposeAsync();
        Keep(_load.Take(Normal), _load.Take(Low));
        Measured.Print($"{_title}: {_losses.Count} rounds; {Normal}: {_normal}");
        Measured.Print($"{_title}: {Low}, low priority: {_low}");
        Measured.Print($"{_title}: most threads on a node {_sampler.Most} of {Cluster.Processors} in {_sampler.Samples} samples, {_sampler.Oversubscriptions.Count} oversubscribed");
        foreach (var (name, pick) in Loss.Durations)
        {
            var sorted = _losses.Select(pick).Where(d => d > TimeSpan.Zero).Order().ToList();
            if (sorted.Count > 0)
                Measured.Print($"{_title}: {name} least {sorted[0].TotalSeconds:F2} s, median {sorted[sorted.Count / 2].TotalSeconds:F2} s, most {sorted[^1].TotalSeconds:F2} s");
        }

        Check(_sampler.Samples > 0 && _sampler.Most > 0, "the sampler saw nothing");
        Check(_normal.Answered > 0, "the clients got no answers");
        // In one round its clients may see nothing but its absence; it is back now.
        await Cluster.Http.InferAsync(Low, "hello");
        if (Environment.GetEnvironmentVariable("ORLEANS_ML_EXPLAIN") == "1")
            Measured.Print(Cluster.Explain());
        List<string> problems = [.. _problems, .. _sampler.Oversubscriptions.Take(5)];
        Assert.True(problems.Count == 0, $"{string.Join('\n', problems)}\n{Cluster.Explain()}");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _load.DisposeAsync();
            await _sampler.DisposeAsync();
        }
        finally
        {
            await Cluster.DisposeAsync();
        }
    }

    private async Task LoseAsync(ClusterNode node, Func<Task> loseAsync, Func<Task> returnAsync)
    {
        var life = (await Cluster.Store.LivesAsync(node.Name)).Single(l => !l.Value).Key;
        var printed = Cluster.Nodes.ToDictionary(n => n, n => n.Server.Lines.Count);
        var clock = Stopwatch.StartNew();
        await loseAsync();
        await Cluster.Store.UntilDeadAsync(node.Name, life);
        var detected = clock.Elapsed;
        await Cluster.UntilFullyAllocatedAsync(Normal, notOn: node.Name);
        var allocated = clock.Elapsed;
        var load = Cluster.Nodes.Max(n => LoadTime(n.Server.Lines.Skip(printed[n])));
        if (_hasRoomForLow)
            await Cluster.UntilFullyAllocatedAsync(Low, notOn: node.Name);
        else
            await CheckEvictedAsync();
        clock.Restart();
        await returnAsync();
        var ended = clock.Elapsed;
        clock.Restart();
        await node.Server.RestartAsync();
        await UntilWholeAsync();
        _losses.Add(new(node.Name, detected, allocated, load, ended, clock.Elapsed));
        Check(allocated - detected <= RecoveryLimit + load, $"round {_losses.Count}: {node.Name} was seen gone after {detected}, {Normal} had all allocations after {allocated}, load time {load}");
        Check(ended <= ReturnLimit, $"round {_losses.Count}: {node.Name} was back for {ended} before it knew that it counts as dead");
        foreach (var other in Cluster.Nodes)
            Check(other.IsRunning, $"round {_losses.Count}: {other.Name} is not running");
        CheckRequests(node, mayBreak: true);
    }

    private async Task UntilWholeAsync()
    {
        await Cluster.UntilFullyAllocatedAsync(Normal);
        await Cluster.UntilFullyAllocatedAsync(Low);
    }

    private async Task CheckEvictedAsync()
    {
        await Cluster.UntilAsync(Low, "evicted", a => a.Count == 0);
        var living = Cluster.Nodes.Where(n => n.IsRunning).Select(n => n.Server.ProcessId).ToHashSet();
        var left = ProcessorSampler.Workers().Where(w => w.DeploymentId == Low && living.Contains(w.ParentId)).ToList();
        Check(left.Count == 0, $"{Low} counts as evicted while {string.Join(", ", left)} serves it");
    }

    // The normal deployment always has a route on a node that is there. The other one has one route, so its requests may find none.
    private void CheckRequests(ClusterNode node, bool mayBreak)
    {
        var (normal, low) = (_load.Take(Normal), _load.Take(Low));
        var round = $"round {_losses.Count}, {node.Name}";
        Check(normal.Failed == 0, $"{round}: {Normal} {normal}");
        Check(low.Failures.Keys.All(f => mayBreak && (f.StartsWith("503 ", StringComparison.Ordinal) || f.StartsWith("409 ", StringComparison.Ordinal) || f.StartsWith("404 ", StringComparison.Ordinal))), $"{round}: {Low} {low}");
        var broken = normal.Broken.Concat(low.Broken).Where(b => !mayBreak || !b.StartsWith(node.Name, StringComparison.Ordinal)).ToList();
        // A few may be on their way, over an idle connection or one that waits to be accepted, in the moment in which the server closes that.
        var crossed = mayBreak ? 0 : Math.Max(3, (normal.Answered + low.Answered) / 1000);
        Check(broken.Count <= crossed, $"{round}: {broken.Count} requests were taken and not answered, such as {broken.FirstOrDefault()}");
        Keep(normal, low);
    }

    private void Keep(Tally normal, Tally low)
    {
        _normal.Add(normal);
        _low.Add(low);
    }

    private void Check(bool isTrue, string otherwise)
    {
        if (!isTrue)
            _problems.Add(otherwise);
    }

    private static TimeSpan LoadTime(IEnumerable<string> lines) =>
        lines.Select(l => Loaded().Match(l)).Where(m => m.Success).Aggregate(TimeSpan.Zero, (sum, m) => sum + TimeSpan.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex($"Worker of {Normal} serves: .* loaded in ([0-9:.]+), ")]
    private static partial Regex Loaded();

    /// <summary>A node's loss; for a restart, <c>Detected</c> is when the process had ended.</summary>
    private sealed record Loss(string Node, TimeSpan Detected, TimeSpan Allocated, TimeSpan Load, TimeSpan Ended, TimeSpan Restored)
    {
        public static readonly (string Name, Func<Loss, TimeSpan> Pick)[] Durations =
        [
            ("seen gone, or ended in order, after", l => l.Detected),
            ("fully allocated on the others after", l => l.Allocated),
            ("of that loading", l => l.Load),
            ("ended by itself after its return", l => l.Ended > TimeSpan.FromMilliseconds(10) ? l.Ended : TimeSpan.Zero),
            ("everything as before after its start", l => l.Restored),
        ];
    }
}
