using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Contracts;

/// <summary>A start as asked for in body and query; the query wins. Rules: deployment-runtime.md §1.1.</summary>
internal sealed class StartRequest
{
    private const string Owner = "start_trained_model_deployment";
    private const string WaitForNames = "starting, started, fully_allocated";
    private const string PriorityNames = "normal, low";

    /// <summary>Names of its query parameters.</summary>
    public static readonly string[] Parameters =
    [
        "deployment_id", "timeout", "wait_for", "number_of_allocations", "threads_per_allocation", "queue_capacity", "cache_size", "priority",
        "dry_run",
    ];

    private readonly List<string> _problems = [];
    private readonly StartOptions _options;
    private int? _numberOfAllocations;

    private StartRequest(string modelId, StartOptions options)
    {
        _options = options;
        Deployment = new(modelId, modelId, QueueCapacity: options.QueueCapacity);
        Timeout = options.Timeout;
    }

    /// <summary>What to start.</summary>
    public StartDeployment Deployment { get; private set; }

    /// <summary>How long to wait.</summary>
    public TimeSpan Timeout { get; private set; }

    /// <summary>What to wait for.</summary>
    public WaitGoal Goal { get; private set; } = WaitGoal.Started;

    /// <summary>Whether to plan only. Ours: docs/explain.md.</summary>
    public bool IsDryRun { get; private set; }

    /// <summary>Deprecated members the body used, and what to use instead.</summary>
    public List<(string Used, string Instead)> Deprecated { get; } = [];

    /// <summary>Reads and validates; a null <paramref name="body"/> is no body.</summary>
    /// <exception cref="MlException">What is wrong; all problems of the values together.</exception>
    public static StartRequest Read(string modelId, QueryParameters query, JsonElement? body, StartOptions options)
    {
        var request = new StartRequest(modelId, options);
        if (body is { } element)
        {
            foreach (var member in JsonMember.Of(element, Owner))
                request.Take(member);
        }

        request.Take(query);
        request.Validate();
        return request;
    }

    private void Take(JsonMember member)
    {
        switch (member.Name)
        {
            case "model_id":
                if (member.String() is var bodyId && bodyId != Deployment.ModelId)
                    throw new MlException(MlErrorKind.BadRequest,
                        $"[model_id] in the body [{Excerpt.Of(bodyId)}] must be the one in the path [{Excerpt.Of(Deployment.ModelId)}]");
                break;
            case "deployment_id":
                // Accepted without effect, as in Elasticsearch: only the query names a deployment.
                member.String();
                break;
            case "timeout":
                Timeout = member.Time();
                break;
            case "wait_for":
                Goal = member.Token(ParseGoal, WaitForNames);
                break;
            case "number_of_allocations" or "model_threads":
                NoteIfDeprecated(member.Name, "model_threads", "number_of_allocations");
                _numberOfAllocations = member.Int32();
                break;
            case "threads_per_allocation" or "inference_threads":
                NoteIfDeprecated(member.Name, "inference_threads", "threads_per_allocation");
                Deployment = Deployment with { ThreadsPerAllocation = member.Int32() };
                break;
            case "queue_capacity":
                Deployment = Deployment with { QueueCapacity = member.Int32() };
                break;
            case "cache_size":
                Take(member.Bytes());
                break;
            case "priority":
                Deployment = Deployment with { Priority = member.Token(ParsePriority, PriorityNames) };
                break;
            case "adaptive_allocations":
                Deployment = Deployment with { AdaptiveAllocations = AdaptiveAllocationsJson.Read(member).ApplyTo(null) };
                break;
            default:
                throw member.Unknown();
        }
    }

    private void Take(QueryParameters query)
    {
        Timeout = query.Time("timeout") ?? Timeout;
        Goal = query.Token("wait_for", ParseGoal, WaitForNames) ?? Goal;
        if (query.Bytes("cache_size") is { } size)
            Take(size);
        IsDryRun = query.Boolean("dry_run") ?? false;
        _numberOfAllocations = query.Int32("number_of_allocations") ?? _numberOfAllocations;
        Deployment = Deployment with
        {
            DeploymentId = query.String("deployment_id") ?? Deployment.DeploymentId,
            NumberOfAllocations = _numberOfAllocations ?? Deployment.AdaptiveAllocations?.InitialAllocations ?? 1,
            ThreadsPerAllocation = query.Int32("threads_per_allocation") ?? Deployment.ThreadsPerAllocation,
            QueueCapacity = query.Int32("queue_capacity") ?? Deployment.QueueCapacity,
            Priority = query.Token("priority", ParsePriority, PriorityNames) ?? Deployment.Priority,
        };
    }

    private void Take(ByteSize cacheSize) => Deployment = Deployment with { CacheSizeBytes = cacheSize.Bytes, CacheSize = cacheSize.Exact };

    private void Validate()
    {
        if (_numberOfAllocations is not null && Deployment.AdaptiveAllocations is { Enabled: true })
            _problems.Add(StartDeployment.NumberAndAdaptive);
        _problems.AddRange(Deployment.FindProblems(_options.MaxThreadsPerAllocation, _options.MaxQueueCapacity));
        if (Timeout <= TimeSpan.Zero)
            _problems.Add($"[timeout] must be positive, was [{TimeValue.Format(Timeout)}]");
        if (Deployment.CacheSizeBytes < 0)
            _problems.Add($"[cache_size] must not be negative, was [{Deployment.CacheSize}]");
        if (DeploymentIds.FindProblem(Deployment.DeploymentId) is { } problem && Deployment.DeploymentId != Deployment.ModelId)
            _problems.Add(problem);
        if (_problems.Count > 0)
            throw MlException.Validation(_problems);
    }

    private void NoteIfDeprecated(string used, string deprecated, string instead)
    {
        if (used == deprecated)
            Deprecated.Add((used, instead));
    }

    private static WaitGoal? ParseGoal(string name) => name.ToLowerInvariant() switch
    {
        "starting" => WaitGoal.Starting,
        "started" => WaitGoal.Started,
        "fully_allocated" => WaitGoal.FullyAllocated,
        _ => null,
    };

    private static Priority? ParsePriority(string name) => name.ToLowerInvariant() switch
    {
        "normal" => Priority.Normal,
        "low" => Priority.Low,
        _ => null,
    };
}
